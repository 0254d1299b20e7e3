import { projectScope, STACK } from "../../Core/ledger/keys";
import type { LedgerReader } from "../../Core/ledger/reader";
import { classKey } from "../../Core/model/runner-class";
import { mappingRows } from "../../Core/routing/read-mapping";
import { type RouteDecision, route } from "../../Core/routing/routing";
import { safe } from "../../Core/safe-text";
import { configurationOf } from "../configuration";
import { table } from "../console/table";
import { duration } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { type Deployment, findDeployment, lookUpEnvironment, output, settingsOf } from "../deployment";
import { sizeText } from "../jobs/runner-size";
import { ledgerReader, sum } from "../ledger/ledger-reader";
import { notServedText } from "../mapping/served";
import { knownPrices } from "../prices/known-prices";
import { type ExplainedPrice, ec2Price, functionPrice } from "../prices/price-of";
import { projectIdOf } from "../start/find-project";
import { tableReads } from "../table-reads";

export interface ExplainOptions extends CommonOptions {
  /** Its id or full path. */
  readonly project: number | string;
  readonly job: string;
  readonly tags: readonly string[];
  readonly status: string;
}

type Routed = Extract<RouteDecision, { kind: "route" }>;

const STATUS_SENTENCES: Readonly<Record<string, string>> = {
  created: "nothing starts for a created job: it waits for the stages before it",
  waiting_for_resource: "nothing starts: another job of its resource group is running",
  preparing: "nothing starts until GitLab says pending",
  scheduled: "nothing starts before its time",
  manual: "nothing starts until somebody plays it",
  running: "nothing starts: a runner has the job. That runner is noted and paused",
  success: "nothing starts: the job is over. Its runner is ended",
  failed: "nothing starts: the job is over. Its runner is ended",
  canceled: "nothing starts: the job is over. Its runner is ended",
  canceling: "nothing starts: the job is being cancelled",
  skipped: "nothing starts: the job is skipped",
  waiting_for_callback: "nothing starts: the job waits for an external answer",
};
export const KNOWN_STATUSES = ["pending", ...Object.keys(STATUS_SENTENCES)];

const limitSentence = async (
  ledger: LedgerReader,
  scope: string,
  limit: number,
  whose: string,
): Promise<string | undefined> => {
  const taken = sum((await ledger.slots(scope)).taken);
  return taken >= limit ? `a slot: ${whose} has ${taken} of ${limit} runners` : undefined;
};

const waitsFor = async (
  context: Context,
  deployment: Deployment,
  { runnerClass, limits }: Routed,
  projectId: number,
): Promise<readonly string[]> => {
  const ledger = ledgerReader(context, deployment);
  const key = classKey(runnerClass);
  const [startsAreOn, ofStack, ofClass, ofProject] = await Promise.all([
    configurationOf(context, deployment).startsAreOn(),
    limitSentence(ledger, STACK, limits.stack, "the stack"),
    limitSentence(ledger, key, runnerClass.maxRunners, `the class ${key}`),
    limits.project === undefined
      ? undefined
      : limitSentence(ledger, projectScope(projectId), limits.project, `project ${projectId}`),
  ]);
  const held = startsAreOn ? undefined : "resume: new starts are paused";
  return [held, ofStack, ofClass, ofProject].flatMap((each) => each ?? []);
};

const priceOf = async (
  context: Context,
  deployment: Deployment,
  { runnerClass, functionArn }: Routed,
): Promise<ExplainedPrice> => {
  const known = await knownPrices(context, deployment);
  if (functionArn !== undefined) return functionPrice(context, functionArn, known);
  return runnerClass.ec2 ? ec2Price(runnerClass.ec2, known) : { sentence: "unknown" };
};

const limitText = ({ runnerClass, limits }: Routed): string => {
  const ofProject = limits.project === undefined ? "" : `, ${limits.project} of the project`;
  return `${runnerClass.maxRunners} runners of the class${ofProject}, ${limits.stack} in all`;
};

/** Nobody but the runner knows whether a job asks for an image: so it is said of each Lambda runner. */
const imageRow = ({ type, ec2, refuseImages }: Routed["runnerClass"]): readonly (readonly string[])[] => {
  if (type !== "LAMBDA") return ec2?.imageId === undefined ? [] : [["image", ec2.imageId]];
  const becomes = refuseImages
    ? 'a job with "image" fails, and "services" are ignored'
    : '"image" and "services" of a job are ignored, with a warning for "image" in its log';
  return [["image", `the function's own: ${becomes}`]];
};

const classQueues = (decided: Routed): readonly (readonly string[])[] => {
  const { runnerClass, functionArn, tags } = decided;
  const { ec2 } = runnerClass;
  return [
    ["runner", functionArn === undefined ? "EC2 instance" : `Lambda function ${functionArn}`],
    ["class", runnerClass.name],
    ["tags", tags.join(", ") || "none (untagged jobs)"],
    ...(ec2 ? [["size", sizeText(ec2)]] : []),
    ...imageRow(runnerClass),
    ...(ec2 ? [["bought", `${ec2.market}${ec2.privileged ? ", privileged containers" : ""}`]] : []),
    ...(ec2?.shell
      ? [["shell", "operators may open one, but for jobs on protected refs (npx runners shell)"]]
      : []),
    ["lives", `${duration(runnerClass.lifetimeSeconds * 1000)} at most, job included`],
    ...(runnerClass.protectedRefsOnly ? [["refs", "jobs on protected branches and tags alone"]] : []),
    ["limit", limitText(decided)],
    ...(runnerClass.priority === undefined ? [] : [["priority", String(runnerClass.priority)]]),
  ];
};

const explainRoute = async (
  context: Context,
  options: ExplainOptions,
  deployment: Deployment,
  decided: Routed,
  projectId: number,
): Promise<ExitCode> => {
  const [price, waiting] = await Promise.all([
    priceOf(context, deployment, decided),
    waitsFor(context, deployment, decided, projectId),
  ]);
  const status = STATUS_SENTENCES[options.status];
  const waits = status ?? (waiting.join("; ") || "nothing: it would start at once");
  const fails = "it would fail to start, for the function is not there: deploy it, or correct the row";
  const lines = [
    ...classQueues(decided),
    ["price", price.sentence],
    ["why", decided.why.sentence],
    ...(price.isMissing ? [["starts", fails]] : [["waits for", waits]]),
  ];
  const json = {
    ...decided,
    status: options.status,
    starts: status === undefined && !price.isMissing,
    price,
    waitsFor: waiting,
  };
  show(context, options, json, table(context.console, [], lines));
  return price.isMissing ? 1 : 0;
};

/** `explain`: which runner a job would get, by the function's own rules and the table's own rows. */
export const explain = async (context: Context, options: ExplainOptions): Promise<ExitCode> => {
  const { clients } = context;
  const deployment = await findDeployment(clients.cloudFormation(), options.stackName);
  const environment = await lookUpEnvironment(clients, deployment);
  const { accessToken } = await configurationOf(context, deployment).read(["accessToken"]);
  const isVerified = accessToken !== undefined;
  const mappings = tableReads(clients.dynamoDb(), output(deployment, "MappingTableName"));
  const projectId = await projectIdOf(context, deployment, options.project);
  const job = { projectId, name: options.job, tags: options.tags, verified: isVerified };
  const decided = await route(job, (pk) => mappingRows(mappings, pk), settingsOf(environment, deployment));
  if (!isVerified) {
    context.console.err("There is no AccessToken: jobs are known by name alone, and tags come from the row.");
  }
  const outside = await notServedText(context, deployment, projectId, decided.servedProjects);
  if (outside !== undefined) {
    const json = {
      kind: "not-served",
      why: { code: "not-served", sentence: outside },
      status: options.status,
    };
    show(context, options, json, `${context.console.colours.yellow("No runner:")} ${safe(outside)}`);
    return 0;
  }
  if (decided.kind === "route") {
    return explainRoute(context, options, deployment, decided, projectId);
  }
  const { red, yellow } = context.console.colours;
  const word = decided.kind === "failed" ? red("The job would fail to start:") : yellow("No runner:");
  show(context, options, { ...decided, status: options.status }, `${word} ${safe(decided.why.sentence)}`);
  return decided.kind === "failed" ? 1 : 0;
};
