import type { Fields } from "../../Core/fields";
import { ANY_JOB_KEY, parseTagsKey } from "../../Core/routing/mapping-keys";
import { mappingRows } from "../../Core/routing/read-mapping";
import { isListed } from "../../Core/routing/served-projects";
import { output } from "../deployment";
import { fieldsOf, listOf, numberOf, textOf } from "../gitlab/json";
import type { OperatorGitLab } from "../gitlab/operator-gitlab";
import { tableReads } from "../table-reads";
import { type Check, type DoctorContext, type DoctorFinding, ok, problem, warning } from "./finding";

const AREA = "webhook";
const CONFIGURE = (project: number): string => `Run: npx runners configure --project ${project}`;
/** More would take minutes; --project looks at others. */
export const MAX_PROJECTS = 30;

const sameAddress = (a: string, b: string): boolean => a.replace(/\/+$/, "") === b.replace(/\/+$/, "");

/** Webhooks of a project and, where it is in a group and the token may look, of the group. */
const webhooksOf = async (
  gitLab: OperatorGitLab,
  project: Fields,
): Promise<readonly Fields[] | undefined> => {
  const own = await gitLab.get(`/projects/${numberOf(project.id)}/hooks?per_page=100`);
  if (own.status !== 200) return undefined;
  const namespace = fieldsOf(project.namespace);
  const groupId = textOf(namespace.kind) === "group" ? numberOf(namespace.id) : undefined;
  const group = groupId === undefined ? undefined : await gitLab.get(`/groups/${groupId}/hooks?per_page=100`);
  return [...listOf(own.body), ...(group?.status === 200 ? listOf(group.body) : [])];
};

/** The last deliveries tell whether the webhook's secret is ours: GitLab never shows the secret itself. */
const deliveryFinding = async (
  gitLab: OperatorGitLab,
  id: number,
  webhook: Fields,
): Promise<readonly DoctorFinding[]> => {
  if (webhook.project_id === undefined) return [];
  const log = await gitLab.get(`/projects/${id}/hooks/${numberOf(webhook.id)}/events?per_page=1`);
  const [last] = log.status === 200 ? listOf(log.body) : [];
  const status = textOf(last?.response_status) || String(last?.response_status ?? "");
  if (status !== "401" && status !== "403") return [];
  return [problem(AREA, `Project ${id}: the last delivery was refused (${status})`, CONFIGURE(id))];
};

/** Our addresses: webhooks with a signature go to the first, with a token to the other. */
interface Addresses {
  readonly signed?: string | undefined;
  readonly token: string;
}

const isAt = (webhook: Fields, url: string | undefined): boolean =>
  url !== undefined && sameAddress(textOf(webhook.url), url);

/** A webhook at the signed address must sign; one at the other must send a token, and may be able to sign. */
const proofFindings = (id: number, webhook: Fields, { signed }: Addresses): readonly DoctorFinding[] => {
  const { token_present, signing_token_present } = webhook;
  if (isAt(webhook, signed)) {
    return signing_token_present === false
      ? [problem(AREA, `Project ${id}: the webhook has no signing token, so it is refused`, CONFIGURE(id))]
      : [];
  }
  if (token_present === false) {
    return [problem(AREA, `Project ${id}: the webhook has no secret token`, CONFIGURE(id))];
  }
  const mayBeSigned = signed !== undefined && typeof signing_token_present === "boolean";
  const sentence = `Project ${id}: the webhook is known by its secret token alone, though this GitLab can sign it`;
  return mayBeSigned ? [warning(AREA, sentence, CONFIGURE(id))] : [];
};

const webhookFindings = (id: number, webhook: Fields, addresses: Addresses): readonly DoctorFinding[] => {
  const found: DoctorFinding[] = [];
  if (webhook.job_events !== true) {
    found.push(problem(AREA, `Project ${id}: the webhook does not send job events`, CONFIGURE(id)));
  }
  if (webhook.enable_ssl_verification === false && textOf(webhook.url).startsWith("https:")) {
    found.push(problem(AREA, `Project ${id}: the webhook does not check the certificate`, CONFIGURE(id)));
  }
  const alert = textOf(webhook.alert_status);
  if (alert !== "" && alert !== "executable") {
    found.push(problem(AREA, `Project ${id}: GitLab has switched the webhook off (${alert})`, CONFIGURE(id)));
  }
  return [...found, ...proofFindings(id, webhook, addresses)];
};

const projectFindings = async (
  gitLab: OperatorGitLab,
  project: Fields,
  addresses: Addresses,
): Promise<readonly DoctorFinding[]> => {
  const id = numberOf(project.id) ?? 0;
  const webhooks = await webhooksOf(gitLab, project);
  if (webhooks === undefined) {
    const sentence = `Project ${id}: its webhooks cannot be listed with this token`;
    return [
      warning(AREA, sentence, "Look at Settings > Webhooks of the project, or use a token of a maintainer"),
    ];
  }
  const { signed, token } = addresses;
  const ours = [signed, token].flatMap((url) => webhooks.filter((webhook) => isAt(webhook, url)));
  const [webhook] = ours;
  if (webhook === undefined) {
    return [problem(AREA, `Project ${id} has no webhook to ${signed ?? token}`, CONFIGURE(id))];
  }
  const twice =
    ours.length > 1
      ? [
          warning(
            AREA,
            `Project ${id} has the webhook ${ours.length} times`,
            "Remove all but one: it is only noise",
          ),
        ]
      : [];
  const wrong = [...webhookFindings(id, webhook, addresses), ...(await deliveryFinding(gitLab, id, webhook))];
  const how = isAt(webhook, signed) ? ", signed" : "";
  const good = ok(AREA, `Project ${id} sends its job events${how}`);
  return wrong.length > 0 ? [...wrong, ...twice] : [good, ...twice];
};

const untaggedJobsAreOurs = async ({ context, autoScaler, settings }: DoctorContext): Promise<boolean> => {
  if (settings !== undefined && settings.unmappedJobs !== "IGNORE") return true;
  const table = tableReads(context.clients.dynamoDb(), output(autoScaler, "MappingTableName"));
  const rows = await mappingRows(table, ANY_JOB_KEY);
  return rows.some(({ sk }) => parseTagsKey(sk)?.length === 0);
};

const raceFinding = (project: Fields): readonly DoctorFinding[] =>
  project.shared_runners_enabled === true
    ? [
        warning(
          "races",
          `Project ${numberOf(project.id)}: instance runners also take its untagged jobs, so ours may start for nothing`,
          "Switch them off under Settings > CI/CD > Runners, tag the jobs, or set unmappedJobs to IGNORE in the mapping's settings",
        ),
      ]
    : [];

const projectsToLookAt = async (
  gitLab: OperatorGitLab,
  wanted: readonly number[] | undefined,
): Promise<{ readonly projects: readonly Fields[]; readonly findings: readonly DoctorFinding[] }> => {
  if (wanted === undefined) {
    const answer = await gitLab.get(`/projects?membership=true&per_page=${MAX_PROJECTS}&order_by=id`);
    const more = answer.nextPage
      ? [
          warning(
            AREA,
            `Only ${MAX_PROJECTS} of the token's projects were looked at`,
            "Name others with --project",
          ),
        ]
      : [];
    return { projects: listOf(answer.body), findings: more };
  }
  const projects: Fields[] = [];
  const findings: DoctorFinding[] = [];
  for (const id of wanted) {
    const answer = await gitLab.get(`/projects/${id}`);
    if (answer.status === 200) projects.push(fieldsOf(answer.body));
    else
      findings.push(
        problem(
          AREA,
          `Project ${id} is not to be seen with this token (${answer.status})`,
          "Correct the id, or make the token's user an owner of the project",
        ),
      );
  }
  return { projects, findings };
};

/** Of a project that the settings do not list, no webhook is missed (see served.ts). */
const isServed = ({ settings, projects }: DoctorContext, project: Fields): boolean => {
  const served = settings?.servedProjects ?? [];
  const isNamed = projects !== undefined;
  return (
    isNamed ||
    served.length === 0 ||
    isListed(served, numberOf(project.id) ?? 0, textOf(project.path_with_namespace) || undefined)
  );
};

/** The webhook of each project, and who else would take its jobs. */
export const checkWebhooks: Check = async (doctorContext) => {
  const { gitLab, infrastructure } = doctorContext;
  const token = infrastructure?.outputs.get("WebhookUrl");
  const signed = infrastructure?.outputs.get("SignedWebhookUrl");
  if (gitLab === undefined || token === undefined) return [];
  const { projects: seen, findings } = await projectsToLookAt(gitLab, doctorContext.projects);
  const projects = seen.filter((project) => isServed(doctorContext, project));
  if (seen.length + findings.length === 0) {
    return [
      problem(
        AREA,
        "The token is a member of no project",
        "Make its user an owner of the projects, or of their group",
      ),
    ];
  }
  const untagged = await untaggedJobsAreOurs(doctorContext);
  const found: DoctorFinding[] = [...findings];
  for (const project of projects) {
    found.push(...(await projectFindings(gitLab, project, { signed, token })));
    if (untagged) found.push(...raceFinding(project));
  }
  return found;
};
