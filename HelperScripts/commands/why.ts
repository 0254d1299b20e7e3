import { defined } from "../../Core/defined";
import { type JobAccount, jobAccount } from "../../Core/model/job-account";
import { accountText } from "../../Core/model/job-account-words";
import { type Attempt, jobOf } from "../../Core/model/ledger";
import type { RunnerClass } from "../../Core/model/runner-class";
import { sourceWords } from "../../Core/pricing/price-words";
import { safe } from "../../Core/safe-text";
import { configurationOf } from "../configuration";
import { table } from "../console/table";
import { dollars, duration, moment } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { type Deployment, findDeployment } from "../deployment";
import { type UnusedImage, unusedImage, unusedImageText } from "../jobs/image-note";
import { costText, type JobCost, jobCost } from "../jobs/job-cost";
import { type JobHistory, readHistory, runnerOf, stepsOf } from "../jobs/job-history";
import { accountJson, attemptJson, jobJson } from "../jobs/job-json";
import { waitJson, waitOf, waitText } from "../jobs/job-wait";
import { sizeText } from "../jobs/runner-size";
import { spotNotes } from "../jobs/spot-words";
import { ledgerReader } from "../ledger/ledger-reader";
import { type KeptVm, keptJson, keptText, keptVm } from "../microvm/kept";
import { fallbackNote, imageText, microVmSize } from "../microvm/words";
import { knownPrices } from "../prices/known-prices";
import { type ShellNote, shellsOf } from "../shell/shell-notes";
import { checkAddress } from "../start/find-project";
import type { JobAddress } from "../start/job-address";

const timeline = (context: Context, history: JobHistory): string => {
  const queuedAt = history.attempts[0]?.order?.queuedAt;
  const made = "job made in GitLab (GitLab's clock)";
  const queued = queuedAt === undefined ? [] : [{ at: queuedAt, attempt: 1, what: made }];
  const rows = [...queued, ...stepsOf(history)].map(({ at, attempt, what }, index, every) => {
    const before = every[index - 1]?.at;
    return [moment(at), before === undefined ? "" : `+${duration(at - before)}`, String(attempt), what];
  });
  return table(context.console, ["when (UTC)", "after", "attempt", "what"], rows);
};

const priceText = ({ pricePerHour, priceSource }: Attempt): string => {
  if (pricePerHour === undefined) return "unknown";
  const from = priceSource === undefined ? "" : ` (${sourceWords(priceSource)})`;
  return `${dollars(pricePerHour)}/h${from}`;
};

const facts = (attempt: Attempt): readonly string[] => {
  const runnerClass = attempt.order?.runnerClass;
  return [
    String(attempt.attempt),
    attempt.state,
    runnerClass?.type ?? "–",
    runnerClass?.name ?? "–",
    attempt.market ?? "–",
    priceText(attempt),
    dollars(attempt.cost),
  ];
};

const COLUMNS = ["attempt", "state", "type", "class", "market", "price", "cost"];

/** It ran on a runner that was started for another job. */
const exchange = ({ launchedFor, runnerId }: NonNullable<JobAccount["runner"]>, jobId: number) =>
  launchedFor.jobId === jobId
    ? []
    : [`GitLab gave it to runner ${runnerId}, which was started for job ${launchedFor.jobId}.`];

const chosenText = ({ ec2, microVm }: RunnerClass): string => {
  if (microVm !== undefined) return `a MicroVM of ${microVmSize(microVm.memoryMiB)}`;
  const image = ec2?.imageId === undefined ? "" : `, image ${ec2.imageId}`;
  return ec2 ? `${sizeText(ec2)}, ${ec2.market}${image}` : "a Lambda function";
};

/** What a job's own tags chose, where no row of the mapping did. */
const choice = ({ order }: Attempt): readonly string[] => {
  const { runnerClass, chosenByTags } = order ?? {};
  return chosenByTags && runnerClass
    ? [`Its tags asked for it: ${chosenText(runnerClass)}, of the class ${runnerClass.name}.`]
    : [];
};

/** The MicroVM that runs a job, and why a job that was to have one has none. */
const microVmNotes = ({ attempt: { order }, runner }: JobAccount): readonly string[] => {
  const { microVm } = order?.runnerClass ?? {};
  const image = runner?.microVmImage ? `, ${imageText(runner.microVmImage)}` : "";
  const size = microVm && `Its MicroVM: ${microVmSize(microVm.memoryMiB)}${image}.`;
  return [size, order && fallbackNote(order)].flatMap((note) => note ?? []);
};

/** What is told beside the job's history. */
interface Notes {
  readonly cost: JobCost;
  readonly image?: UnusedImage;
  readonly shells: readonly ShellNote[];
  readonly kept?: KeptVm;
}

const shellText = ({ at, by, instanceId }: ShellNote): string =>
  `${moment(Date.parse(at))}: ${by} opened a shell on ${instanceId}.`;

const text = (
  context: Context,
  history: JobHistory,
  account: JobAccount,
  { image, cost, shells, kept }: Notes,
): string => {
  const { jobId, order } = account.attempt;
  const { jobName, projectId } = jobOf(account.attempt);
  const tagged = order?.tags.length === 0 ? ", untagged" : `, tags ${order?.tags.join(", ")}`;
  const wait = waitOf(history, context.now());
  const head = `Job ${jobId} ${JSON.stringify(jobName)} of project ${projectId}${order ? tagged : ""}`;
  return [
    context.console.colours.bold(safe(head)),
    table(context.console, COLUMNS, history.attempts.map(facts)),
    "",
    timeline(context, history),
    "",
    ...(wait ? waitText(context.console, wait) : []),
    costText(cost),
    ...choice(account.attempt).map(safe),
    ...microVmNotes(account).map(safe),
    ...(account.runner ? exchange(account.runner, jobId) : []),
    safe(accountText(account, context.now())),
    ...(image ? [safe(unusedImageText(image, account.attempt))] : []),
    ...(account.runner ? spotNotes(account.runner).map(safe) : []),
    ...shells.map(shellText).map(safe),
    ...(kept ? keptText(kept).map(safe) : []),
  ].join("\n");
};

const json = (
  context: Context,
  history: JobHistory,
  account: JobAccount,
  { image, cost, shells, kept }: Notes,
) => {
  const { order } = account.attempt;
  const wait = waitOf(history, context.now());
  return {
    ...jobJson(account.attempt),
    ...cost,
    ...(order ? { tags: order.tags, queuedAt: new Date(order.queuedAt).toISOString() } : {}),
    account: accountJson(account, context.now()),
    ...(wait ? { wait: waitJson(wait) } : {}),
    ...(image ? { unusedImage: image } : {}),
    ...(shells.length > 0 ? { shells } : {}),
    ...(kept ? { kept: keptJson(kept) } : {}),
    attempts: history.attempts.map((attempt) => attemptJson(attempt, runnerOf(history, attempt))),
  };
};

const unknown = (context: Context, options: CommonOptions, jobId: number): ExitCode => {
  const hint =
    "it never asked for a runner of ours, or is over for more than 30 days. explain tells which runner it would get; doctor checks the webhook";
  show(context, options, { jobId, attempts: [] }, `The ledger does not know job ${jobId}: ${hint}.`);
  return 1;
};

/** Undefined where it cannot be read: the account says less then, and nothing that is wrong. */
const startsAreOn = (context: Context, deployment: Deployment): Promise<boolean | undefined> =>
  configurationOf(context, deployment)
    .startsAreOn()
    .catch(() => undefined);

/** `why JOB`: the life of one job from the ledger. */
export const why = async (
  context: Context,
  address: JobAddress,
  options: CommonOptions,
): Promise<ExitCode> => {
  const { jobId } = address;
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  await checkAddress(context, deployment, address);
  const [history, isOn, known, shells] = await Promise.all([
    readHistory(ledgerReader(context, deployment), jobId),
    startsAreOn(context, deployment),
    knownPrices(context, deployment),
    shellsOf(context, deployment, jobId),
  ]);
  const last = history?.attempts.at(-1);
  if (history === undefined || last === undefined) return unknown(context, options, jobId);
  const settings = defined({ startsAreOn: isOn });
  const account = jobAccount(last, runnerOf(history, last), context.now(), settings);
  const image = defined({ image: await unusedImage(context, deployment, last) });
  const kept = defined({ kept: keptVm(account.runner, deployment.home.region, context.now()) });
  const notes = { ...image, ...kept, cost: jobCost(history, known, context.now()), shells };
  show(context, options, json(context, history, account, notes), text(context, history, account, notes));
  return 0;
};
