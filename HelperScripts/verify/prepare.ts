import { ConfigurationError } from "../../Core/errors";
import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import { mappingRows } from "../../Core/routing/read-mapping";
import { configurationOf } from "../configuration";
import { type Context, UsageError } from "../context";
import { output } from "../deployment";
import type { DoctorContext } from "../doctor/finding";
import { fieldsOf, listOf, numberOf, textOf } from "../gitlab/json";
import { type OperatorGitLab, operatorGitLab } from "../gitlab/operator-gitlab";
import { ledgerReader } from "../ledger/ledger-reader";
import { notServedText } from "../mapping/served";
import { deployedRows } from "../mapping/stored-rows";
import { tableReads } from "../table-reads";
import { VerifyPipeline } from "./pipeline";
import { sampleJobs } from "./sample-jobs";
import { Stopped, type VerifyContext } from "./verify-context";
import { findSwitch } from "./webhook-switch";

/** What is there before anything is made. */
export interface Prepared {
  readonly v: VerifyContext;
  readonly gitLabVersion: string;
  /** Texts that the report does not show, and what stands for them. */
  readonly hidden: ReadonlyMap<string, string>;
}

interface Access {
  readonly url: string;
  readonly accessToken: string;
  /** With the right to make things. */
  readonly makingToken: string;
}

/** The setup token is used in this process alone. */
const accessOf = async (context: Context, { autoScaler }: DoctorContext): Promise<Access> => {
  const { url, accessToken } = await configurationOf(context, autoScaler).read(["url", "accessToken"]);
  if (url === undefined || accessToken === undefined) {
    throw new ConfigurationError(
      "Url or AccessToken is missing: npx runners configure. Without AccessToken jobs cannot be looked at",
    );
  }
  const makingToken = context.env.GITLAB_SETUP_TOKEN || accessToken.value;
  return { url: checkGitLabUrl(url.value), accessToken: accessToken.value, makingToken };
};

/** The one that was named, or the only one there is. */
const projectOf = async (gitLab: OperatorGitLab, named: number | undefined): Promise<number> => {
  if (named !== undefined) return named;
  const projects = listOf((await gitLab.get("/projects?membership=true&simple=true&per_page=2")).body);
  const [only] = projects;
  const id = numberOf(only?.id);
  if (projects.length === 1 && id !== undefined) return id;
  throw new UsageError("Which project may the jobs run in? Give it with --project ID");
};

const versionOf = async (gitLab: OperatorGitLab): Promise<string> =>
  textOf(fieldsOf((await gitLab.get("/version")).body).version) || "unknown";

const hiddenOf = (
  { url, accessToken, makingToken }: Access,
  { autoScaler }: DoctorContext,
): ReadonlyMap<string, string> =>
  new Map([
    [makingToken, "<token>"],
    [accessToken, "<token>"],
    [url, "<GitLab>"],
    [new URL(url).host, "<GitLab>"],
    [autoScaler.home.account, "<account>"],
  ]);

/**
 * Looks at all that a run needs; makes nothing.
 *
 * @param isStopped whether the user wants to stop
 * @throws UsageError, ConfigurationError
 */
export const prepare = async (
  doctor: DoctorContext,
  named: number | undefined,
  isStopped: () => boolean,
): Promise<Prepared> => {
  const { context, autoScaler, settings, infrastructure } = doctor;
  if (settings === undefined) throw new ConfigurationError("The stack's settings cannot be read: run doctor");
  const access = await accessOf(context, doctor);
  const gitLab = operatorGitLab(context.fetch, access.url, access.makingToken);
  const projectId = await projectOf(gitLab, named);
  const outside = await notServedText(context, autoScaler, projectId, settings.servedProjects);
  if (outside !== undefined) throw new ConfigurationError(outside);
  const mappings = tableReads(context.clients.dynamoDb(), output(autoScaler, "MappingTableName"));
  const rows = await deployedRows(context, autoScaler);
  const v: VerifyContext = {
    context,
    deployment: autoScaler,
    doctor,
    ledger: ledgerReader(context, autoScaler),
    pipeline: new VerifyPipeline(gitLab, projectId, `gitlab-runners-verify-${context.random().slice(0, 8)}`),
    samples: await sampleJobs(rows, (pk) => mappingRows(mappings, pk), settings, projectId),
    webhooks: await findSwitch(gitLab, infrastructure, projectId),
    throwIfStopped: () => {
      if (isStopped()) throw new Stopped("Stopped");
    },
  };
  return { v, gitLabVersion: await versionOf(gitLab), hidden: hiddenOf(access, doctor) };
};
