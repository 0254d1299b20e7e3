import { defined } from "../../Core/defined";
import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import { safe } from "../../Core/safe-text";
import { configurationOf } from "../configuration";
import { table } from "../console/table";
import { plural } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { type Deployment, findDeployment, lookUpEnvironment, settingsOf } from "../deployment";
import { checkAccount } from "../doctor/account/account";
import { type Check, type DoctorContext, type DoctorFinding, guarded } from "../doctor/finding";
import { checkGitLabVersion } from "../doctor/gitlab-version";
import { checkJobs } from "../doctor/jobs";
import { checkLostJobs } from "../doctor/lost-jobs";
import { checkMapping } from "../doctor/mapping";
import { checkParameters } from "../doctor/parameters";
import { checkPass } from "../doctor/pass";
import { checkFunctions } from "../doctor/runners/functions";
import { checkImages } from "../doctor/runners/images";
import { checkMicroVms } from "../doctor/runners/microvms";
import { checkServed } from "../doctor/served";
import { checkDlq, checkReconciler, checkStacks } from "../doctor/stacks";
import { checkToken } from "../doctor/token";
import { checkWebhookApi } from "../doctor/webhook-api";
import { checkWebhooks } from "../doctor/webhooks";
import { checkWorkflows } from "../doctor/workflows";
import { type OperatorGitLab, operatorGitLab } from "../gitlab/operator-gitlab";
import { mappingSettings } from "../mapping/mapping-settings";

export interface DoctorOptions extends CommonOptions {
  readonly project?: readonly number[];
}

const CHECKS: readonly (readonly [string, Check])[] = [
  ["stacks", checkStacks],
  ["workflow", checkWorkflows],
  ["parameters", checkParameters],
  ["GitLab", checkGitLabVersion],
  ["access token", checkToken],
  ["webhook API", checkWebhookApi],
  ["webhook", checkWebhooks],
  ["mapping", checkMapping],
  ["served projects", checkServed],
  ["function", checkFunctions],
  ["image", checkImages],
  ["MicroVMs", checkMicroVms],
  ["account", checkAccount],
  ["reconciler", checkReconciler],
  ["reconciler", checkPass],
  ["running jobs", checkLostJobs],
  ["jobs", checkJobs],
  ["DLQ messages", checkDlq],
];

const optional = <Value>(work: () => Value): Value | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

/** GitLab by the stored address and token; undefined where one is missing or wrong, which a check tells. */
const gitLabOf = async (context: Context, autoScaler: Deployment): Promise<OperatorGitLab | undefined> => {
  const { url, accessToken } = await configurationOf(context, autoScaler).read(["url", "accessToken"]);
  const address = url && optional(() => checkGitLabUrl(url.value));
  return address && accessToken ? operatorGitLab(context.fetch, address, accessToken.value) : undefined;
};

const infrastructureOf = (context: Context, autoScaler: Deployment): Promise<Deployment | undefined> => {
  const name = autoScaler.outputs.get("DeploymentId");
  return name === undefined
    ? Promise.resolve(undefined)
    : findDeployment(context.clients.cloudFormation(), name).catch(() => undefined);
};

/** What there is to look at, read once. */
export const patientOf = async (
  context: Context,
  options: Pick<DoctorOptions, "stackName" | "project">,
): Promise<DoctorContext> => {
  const autoScaler = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const [infrastructure, environment, gitLab] = await Promise.all([
    infrastructureOf(context, autoScaler),
    lookUpEnvironment(context.clients, autoScaler),
    gitLabOf(context, autoScaler),
  ]);
  const ofStack = optional(() => settingsOf(environment, autoScaler));
  // A settings row that cannot be read is told by the check of the mapping.
  const settings = ofStack && (await mappingSettings(context, autoScaler, ofStack).catch(() => ofStack));
  return {
    context,
    autoScaler,
    environment,
    ...defined({ infrastructure, gitLab, settings }),
    ...(options.project?.length ? { projects: options.project } : {}),
  };
};

const SIGNS = { ok: "✓", warning: "!", problem: "✗", unknown: "?" } as const;

/** The findings for people. */
export const diagnosisText = (context: Context, findings: readonly DoctorFinding[]): string => {
  const { green, yellow, red } = context.console.colours;
  const paints: Readonly<Record<string, (sign: string) => string>> = { "✓": green, "✗": red };
  const paint = (cell: string, column: number): string =>
    column === 0 ? (paints[cell] ?? yellow)(cell) : cell;
  const rows = findings.flatMap(({ area, level, sentence, remedy }) => [
    [SIGNS[level], area, sentence],
    ...(remedy ? [["", "", `→ ${remedy}`]] : []),
  ]);
  const count = (level: DoctorFinding["level"]): number =>
    findings.filter((each) => each.level === level).length;
  const problems = count("problem");
  const verdict =
    problems === 0 ? green("All that is needed is there.") : red(`${plural(problems, "problem")} to fix.`);
  const rest = `${plural(count("warning"), "warning")}, ${count("unknown")} not looked at.`;
  return `${table(context.console, [], rows, paint)}\n\n${verdict} ${safe(rest)}`;
};

/** Looks at a deployment from end to end. */
export const diagnose = async (
  context: Context,
  options: Pick<DoctorOptions, "stackName" | "project">,
): Promise<readonly DoctorFinding[]> => {
  const { console } = context;
  const doctorContext = await patientOf(context, options);
  const findings: DoctorFinding[] = [];
  for (const [area, check] of CHECKS) {
    if (console.isTerminal) console.replaceLine(`Looking at: ${area} …`);
    findings.push(...(await guarded(area, check)(doctorContext)));
  }
  if (console.isTerminal) console.replaceLine("");
  return findings;
};

export const isHealthy = (findings: readonly DoctorFinding[]): boolean =>
  findings.every(({ level }) => level !== "problem");

/** `doctor`. Exit code 1 when something has to be fixed. */
export const doctor = async (context: Context, options: DoctorOptions): Promise<ExitCode> => {
  const findings = await diagnose(context, options);
  const healthy = isHealthy(findings);
  show(context, options, { healthy, findings }, diagnosisText(context, findings));
  return healthy ? 0 : 1;
};
