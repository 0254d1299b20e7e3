import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { raiseLimits } from "../../bench/raise-limits";
import { signingKeyText } from "../../Core/gitlab/webhook-signature";
import { encode } from "../../Core/ledger/codec";
import { recordKey } from "../../Core/ledger/keys";
import { PRICES_RECORD } from "../../Core/pricing/price-record";
import { dayOf } from "../../Core/usage/days";
import { ROLL_UP_RECORD } from "../../Core/usage/period";
import { usageKey } from "../../Core/usage/usage-key";
import { jobWebhookPayload } from "../../local/gitlab";
import { clientSettings } from "../../local/laptop/client-settings";
import { CONFIGURATION_PATH } from "../../local/laptop/configuration";
import type { Laptop } from "../../local/laptop/laptop";
import { hasNothingRemaining } from "../../local/terminal/summary";
import { callNow, gitlabApi, post, reconcile, until } from "../end-to-end/engine";

/** Something that the application does for its users, and that fails when a right of it is missing. */
export interface Path {
  readonly name: string;
  /** @throws Error when it was not done in time, or when it is stopped */
  readonly run: (laptop: Laptop, stop: AbortSignal) => Promise<void>;
}

const PROJECT = 57;
/** Each job's project. Nearly each has its own, so that no runner that a path before left idle can take the job. */
const projects = new Map<number, number>();
const newProject = (): number => 1_000 + projects.size;
const IN_TIME_MS = 60_000;

const ENDED = ["success", "failed", "canceled"];

/** Until a job has ended and nothing is left of it. @returns its status */
const untilGone = async (laptop: Laptop, jobId: number, stop: AbortSignal): Promise<string> => {
  let status = "";
  await until(`job ${jobId} ended and all gone`, IN_TIME_MS, async () => {
    stop.throwIfAborted();
    status = (await gitlabApi(laptop).job(projects.get(jobId) ?? PROJECT, jobId)).status;
    return ENDED.includes(status) && hasNothingRemaining((await laptop.status()).remaining);
  });
  return status;
};

const createJob = async (
  laptop: Laptop,
  name: string,
  tags: readonly string[] = [],
  project: number = newProject(),
): Promise<number> => {
  const [job] = await gitlabApi(laptop).pipeline(project, [{ name, tags, script: ["true"] }]);
  projects.set(job?.id ?? 0, project);
  return job?.id ?? 0;
};

const runJob = async (
  laptop: Laptop,
  stop: AbortSignal,
  name: string,
  tags: readonly string[] = [],
): Promise<void> => {
  const status = await untilGone(laptop, await createJob(laptop, name, tags), stop);
  if (status !== "success") throw new Error(`The job ended ${status}`);
};

/** The authorizer's answer for a token is kept a while: only an unknown one is asked for. */
const refuseUnknownToken = async (laptop: Laptop): Promise<void> => {
  const { status } = await post(laptop, "{}", randomBytes(12).toString("hex"));
  if (status !== 403) throw new Error(`The webhook answered ${status}`);
};

/** Without the credentials a job runs all the same, without its cache. */
const runWithCache = async (laptop: Laptop, stop: AbortSignal, tags: readonly string[]): Promise<void> => {
  const project = newProject();
  const cache = { paths: ["kept"] };
  const [job] = await gitlabApi(laptop).pipeline(project, [
    { name: "cached", tags, script: ["touch kept"], cache },
  ]);
  const id = job?.id ?? 0;
  projects.set(id, project);
  await untilGone(laptop, id, stop);
  const trace = await gitlabApi(laptop).trace(project, id);
  if (!trace.includes("Created cache")) throw new Error("The job kept no cache");
};

const cancelBeforePickUp = async (laptop: Laptop, stop: AbortSignal): Promise<void> => {
  const jobId = await createJob(laptop, "image build", ["docker"]);
  await until("an instance is there for it", 30_000, () => {
    stop.throwIfAborted();
    return laptop.ec2.running() > 0;
  });
  laptop.standIn?.cancelJob(jobId);
  await untilGone(laptop, jobId, stop);
};

/** Job events that are signed, and not sent otherwise. */
const runBySignedWebhooks = async (laptop: Laptop, stop: AbortSignal): Promise<void> => {
  const signingToken = signingKeyText(randomBytes(32));
  const client = new SSMClient(clientSettings(laptop.env));
  const Name = `${CONFIGURATION_PATH}/WebhookSigningKey`;
  await client.send(
    new PutParameterCommand({ Name, Value: signingToken, Type: "SecureString", Overwrite: true }),
  );
  client.destroy();
  const unsigned = { url: laptop.webhook, token: laptop.webhookToken };
  laptop.standIn?.setWebhook({
    url: laptop.stacks.Infrastructure.outputs.SignedWebhookUrl ?? "",
    token: laptop.webhookToken,
    signingToken,
  });
  try {
    await runJob(laptop, stop, "signed");
  } finally {
    laptop.standIn?.setWebhook(unsigned);
  }
};

/** The webhook of a job never comes: the reconciler finds the job, and says so on the bus. */
const findByReconciler = async (laptop: Laptop, stop: AbortSignal): Promise<void> => {
  // The project has to be known: nobody tells of the second job.
  await untilGone(laptop, await createJob(laptop, "seen", [], PROJECT), stop);
  laptop.standIn?.setFaults({ lose: 1 });
  const jobId = await createJob(laptop, "unseen", [], PROJECT).finally(async () => {
    // Its webhooks come a little late: they are to be lost as well.
    await sleep(1_500);
    laptop.standIn?.setFaults({});
  });
  await until("the reconciler has it started", IN_TIME_MS, async () => {
    stop.throwIfAborted();
    await reconcile(laptop);
    return (await gitlabApi(laptop).job(PROJECT, jobId)).status === "success";
  });
  await untilGone(laptop, jobId, stop);
};

const LOOK_UP = "GET /api/v4/projects/:id/jobs/:job_id";

/** GitLab refuses the access token between look-up and start: the start fails for good, which is noted in the ledger. */
const recordFailure = async (laptop: Laptop, stop: AbortSignal): Promise<void> => {
  const { standIn } = laptop;
  const lookUps = (): number => standIn?.counts().calls[LOOK_UP] ?? 0;
  const before = lookUps();
  const jobId = await createJob(laptop, "refused");
  for (const end = Date.now() + IN_TIME_MS; lookUps() === before && Date.now() < end; await sleep(5))
    stop.throwIfAborted();
  standIn?.setFaults({ errorStatus: 401, errorSeconds: 10, scope: "api" });
  await sleep(3_000);
  standIn?.setFaults({});
  standIn?.cancelJob(jobId);
  await untilGone(laptop, jobId, stop);
};

/** Webhooks of a job that GitLab does not know: it is counted that it was asked in vain. */
const askInVain = async (laptop: Laptop): Promise<void> => {
  for (const build_status of ["pending", "success"] as const) {
    const build_id = randomInt(16_000_000_000, 17_000_000_000);
    await post(laptop, JSON.stringify(jobWebhookPayload({ build_id, build_status, project_id: PROJECT })));
  }
  await sleep(2_000);
};

/**
 * Two jobs, one after the other: what a function's environment does only from its second call on. The counts of calls
 * in vain are such a thing: the first look-up of an environment does not read them.
 */
const runAgain = async (laptop: Laptop, stop: AbortSignal): Promise<void> => {
  await runJob(laptop, stop, "first");
  await runJob(laptop, stop, "second");
};

const MANY = 100;

/** One runner at a time: the second job waits for the first one's slot. */
const waitForSlot = async (laptop: Laptop, stop: AbortSignal): Promise<void> => {
  await raiseLimits(laptop, 1);
  try {
    const jobs = [await createJob(laptop, "first"), await createJob(laptop, "second")];
    for (const jobId of jobs) await untilGone(laptop, jobId, stop);
  } finally {
    await raiseLimits(laptop, MANY);
  }
};

/** EC2 launches, but its answer is lost: the start that is tried again finds the instance. */
const adoptLaunch = async (laptop: Laptop, stop: AbortSignal): Promise<void> => {
  laptop.ec2.control({ loseAnswers: 1 });
  await runJob(laptop, stop, "image build", ["docker"]).finally(() => laptop.ec2.control({ loseAnswers: 0 }));
};

const HOUR_MS = 3_600_000;

/** Prices as if none had been asked, with the last job an hour ago: all of them are due, and when a job was seen last too. */
const keepPrices = async (laptop: Laptop): Promise<void> => {
  const client = new DynamoDBClient(clientSettings(laptop.env));
  const value = { region: laptop.env.AWS_REGION, activeAt: Date.now() - HOUR_MS };
  const Item = encode({ ...recordKey(PRICES_RECORD), version: 1, value });
  const TableName = laptop.stacks.AutoScaler.resources.LedgerTable;
  await client.send(new PutItemCommand({ TableName, Item }));
  client.destroy();
  await callNow(laptop, "KeepPricesFunction");
};

/** An alarm of the queue-time objective rings, of which the engine knows none: a job that missed it is counted. */
const tellFirstCause = async (laptop: Laptop): Promise<void> => {
  const client = new DynamoDBClient(clientSettings(laptop.env));
  const about = { projectId: PROJECT, classKey: "EC2#default", market: "spot", jobName: "late" } as const;
  const key = usageKey({ ...about, day: dayOf(Date.now()), shard: 0 });
  const Item = encode({ ...key, waits: 1, missed: 1, "missed:slot": 1 });
  const TableName = laptop.stacks.AutoScaler.resources.LedgerTable;
  await client.send(new PutItemCommand({ TableName, Item }));
  client.destroy();
  await callNow(laptop, "RollUpUsageFunction", { isObjectiveAlarm: true });
};

/** As if no day had been summed up. */
const rollUpUsage = async (laptop: Laptop): Promise<void> => {
  const client = new DynamoDBClient(clientSettings(laptop.env));
  const Key = encode({ ...recordKey(ROLL_UP_RECORD) });
  const TableName = laptop.stacks.AutoScaler.resources.LedgerTable;
  await client.send(new DeleteItemCommand({ TableName, Key }));
  client.destroy();
  await callNow(laptop, "RollUpUsageFunction");
};

/** Every way through the application that can be gone on the laptop, the quickest first. */
export const PATHS: readonly Path[] = [
  { name: "a webhook with an unknown token", run: refuseUnknownToken },
  { name: "a job on a Lambda runner", run: (laptop, stop) => runJob(laptop, stop, "any") },
  {
    name: "a job on an EC2 runner",
    run: (laptop, stop) => runJob(laptop, stop, "image build", ["docker"]),
  },
  { name: "a job on a MicroVM runner", run: (laptop, stop) => runJob(laptop, stop, "any", ["aws:microvm"]) },
  { name: "a second job on a Lambda runner", run: runAgain },
  { name: "a cache on a Lambda runner", run: (laptop, stop) => runWithCache(laptop, stop, ["aws:lambda"]) },
  { name: "a cache on an EC2 runner", run: (laptop, stop) => runWithCache(laptop, stop, ["aws:ec2"]) },
  { name: "a pass of the reconciler", run: reconcile },
  { name: "prices are kept", run: keepPrices },
  { name: "usage is rolled up", run: rollUpUsage },
  { name: "images of MicroVMs are looked at", run: (laptop) => callNow(laptop, "RebuildImagesFunction") },
  { name: "the first cause of late jobs is told", run: tellFirstCause },
  { name: "a start that GitLab refuses", run: recordFailure },
  { name: "a job by signed webhooks", run: runBySignedWebhooks },
  { name: "webhooks of an unknown job", run: askInVain },
  { name: "a launch whose answer is lost", run: adoptLaunch },
  { name: "a job that waits for a slot", run: waitForSlot },
  { name: "a job that is cancelled before it is picked up", run: cancelBeforePickUp },
  { name: "a job whose webhooks are lost", run: findByReconciler },
];
