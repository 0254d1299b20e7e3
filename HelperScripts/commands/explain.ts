import { defined } from "../../Core/defined";
import { projectScope, STACK } from "../../Core/ledger/keys";
import type { LedgerReader } from "../../Core/ledger/reader";
import type { MicroVmImage } from "../../Core/microvm/image";
import { classKey } from "../../Core/model/runner-class";
import { mappingRows } from "../../Core/routing/read-mapping";
import { route } from "../../Core/routing/routing";
import { safe } from "../../Core/safe-text";
import { configurationOf } from "../configuration";
import { table } from "../console/table";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { type Deployment, findDeployment, lookUpEnvironment, output, settingsOf } from "../deployment";
import { classRows, type Routed } from "../jobs/class-rows";
import { ledgerReader, sum } from "../ledger/ledger-reader";
import { notServedText } from "../mapping/served";
import { publishedImages } from "../microvm/published-image";
import { knownPrices } from "../prices/known-prices";
import { type ExplainedPrice, ec2Price, functionPrice, microVmPriceOf } from "../prices/price-of";
import { projectIdOf } from "../start/find-project";
import { tableReads } from "../table-reads";

export interface ExplainOptions extends CommonOptions {
  /** Its id or full path. */
  readonly project: number | string;
  readonly job: string;
  readonly tags: readonly string[];
  readonly status: string;
}

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
  { runnerClass: { ec2, microVm }, functionArn }: Routed,
): Promise<ExplainedPrice> => {
  const known = await knownPrices(context, deployment);
  if (functionArn !== undefined) return functionPrice(context, functionArn, known);
  if (microVm !== undefined) return microVmPriceOf(microVm, known);
  return ec2 ? ec2Price(ec2, known) : { sentence: "unknown" };
};

/** The image that a MicroVM of the class would start from. Undefined: none is published, or the class needs none. */
const imageOf = async (
  context: Context,
  deployment: Deployment,
  { runnerClass: { microVm } }: Routed,
): Promise<MicroVmImage | undefined> => {
  const [found] = await publishedImages(context, deployment, microVm ? [microVm.memoryMiB] : []);
  return found?.image;
};

const explainRoute = async (
  context: Context,
  options: ExplainOptions,
  deployment: Deployment,
  decided: Routed,
  projectId: number,
): Promise<ExitCode> => {
  const [found, image, waiting] = await Promise.all([
    priceOf(context, deployment, decided),
    imageOf(context, deployment, decided),
    waitsFor(context, deployment, decided, projectId),
  ]);
  const lacksImage = decided.provider === "MICROVM" && image === undefined;
  const price = lacksImage && !decided.fallback ? { ...found, isMissing: true as const } : found;
  const status = STATUS_SENTENCES[options.status];
  const waits = status ?? (waiting.join("; ") || "nothing: it would start at once");
  const fails = `it would fail to start, for ${lacksImage ? "the image of its VM" : "the function"} is not there: deploy it, or correct the row`;
  const lines = [
    ...classRows(decided, image),
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
    ...defined({ image }),
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
