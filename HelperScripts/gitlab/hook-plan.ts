import { ConfigurationError } from "../../Core/errors";
import type { Fields } from "../../Core/fields";
import { fieldsOf, listOf, numberOf, textOf } from "./json";
import type { GitLabAnswer, OperatorGitLab } from "./operator-gitlab";

/** Where a hook hangs. */
export interface HookOwner {
  readonly kind: "project" | "group";
  readonly id: number;
}

/** What has to be done to an owner's hook. */
export interface HookPlan {
  readonly owner: HookOwner;
  /** Absent: a new one is made. */
  readonly hookId?: number;
  readonly sentence: string;
  /** GitLab has switched it off: a test request switches it on again. */
  readonly isDisabled: boolean;
}

const pathOf = ({ kind, id }: HookOwner): string => `/${kind}s/${id}/hooks`;
const nameOf = ({ kind, id }: HookOwner): string => `${kind} ${id}`;

const refused = (owner: HookOwner, what: string, answer: GitLabAnswer): never => {
  const body = fieldsOf(answer.body);
  const said = textOf(body.message) || textOf(body.error) || "no reason";
  throw new ConfigurationError(
    `GitLab does not let this token ${what} the hook of ${nameOf(owner)} (${answer.status}: ${said}). It takes a maintainer's token of scope api, in GITLAB_SETUP_TOKEN: it is used once and not stored`,
  );
};

const trimmed = (url: unknown): string => textOf(url).replace(/\/+$/, "");

const sentenceOf = (owner: HookOwner, hook: Fields | undefined, isDisabled: boolean): string => {
  if (hook === undefined) return `Make a hook for job events on ${nameOf(owner)}`;
  const rest = isDisabled ? ", and switch it on again" : "";
  return `Set events and secret of hook ${numberOf(hook.id)} on ${nameOf(owner)}${rest}`;
};

/** Looks at an owner's hooks. @throws ConfigurationError when the token may not */
export const planHook = async (gitLab: OperatorGitLab, owner: HookOwner, url: string): Promise<HookPlan> => {
  const answer = await gitLab.get(`${pathOf(owner)}?per_page=100`);
  if (answer.status !== 200) refused(owner, "see", answer);
  const hook = listOf(answer.body).find((each) => trimmed(each.url) === trimmed(url));
  const alert = textOf(hook?.alert_status);
  const isDisabled = alert !== "" && alert !== "executable";
  const hookId = numberOf(hook?.id);
  return {
    owner,
    isDisabled,
    sentence: sentenceOf(owner, hook, isDisabled),
    ...(hookId === undefined ? {} : { hookId }),
  };
};

/**
 * Makes a plan true.
 *
 * @returns false: GitLab had switched the hook off and its test did not pass, so it stays off
 * @throws ConfigurationError when the token may not
 */
export const carryOut = async (
  gitLab: OperatorGitLab,
  plan: HookPlan,
  url: string,
  secret: string,
): Promise<boolean> => {
  const path = pathOf(plan.owner);
  const body = {
    url,
    token: secret,
    job_events: true,
    push_events: false,
    enable_ssl_verification: url.startsWith("https:"),
  };
  const isNew = plan.hookId === undefined;
  const answer = isNew ? await gitLab.post(path, body) : await gitLab.put(`${path}/${plan.hookId}`, body);
  if (answer.status !== 200 && answer.status !== 201) refused(plan.owner, isNew ? "make" : "change", answer);
  if (!plan.isDisabled) return true;
  const test = await gitLab.post(`${path}/${plan.hookId}/test/job_events`, {});
  return test.status === 200 || test.status === 201;
};
