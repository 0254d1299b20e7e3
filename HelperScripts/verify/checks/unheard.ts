import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { redriveAll } from "../../commands/redrive";
import { output } from "../../deployment";
import { Dlq, type HeldDlqMessage } from "../../dlq/dlq";
import { START_SECONDS, untilEnded } from "../job-steps";
import { fastSample } from "../jobs-to-play";
import { CheckFailed, type CheckVerdict, passed, skipped } from "../result";
import { type VerifyContext, waitFor } from "../verify-context";
import type { WebhookSwitch } from "../webhook-switch";

/** GitLab decides a moment after the job's change which webhooks hear of it. */
const WEBHOOK_MILLISECONDS = 4_000;

/** A pass comes each minute and looks at each served project; a start and a busy minute come on top. */
const FOUND_SECONDS = 120;

/** Two jobs that no webhook tells of. Either may be given the first runner: GitLab hands out the oldest job. */
const PURPOSES = ["lost-webhook", "redrive"] as const;

/** The webhook is off for the moment in which the jobs become pending. */
const playUnheard = async (v: VerifyContext, webhooks: WebhookSwitch): Promise<void> => {
  await webhooks.off();
  try {
    for (const purpose of PURPOSES) await v.pipeline.play(purpose);
    await v.context.sleep(WEBHOOK_MILLISECONDS);
  } finally {
    await webhooks.on();
  }
  for (const purpose of PURPOSES) {
    const attempts = await v.ledger.attempts(v.pipeline.jobId(purpose));
    if (attempts.length > 0)
      throw new CheckFailed("A webhook told of the job although the project's was off");
  }
};

const startedOf = async (v: VerifyContext): Promise<string | undefined> => {
  for (const purpose of PURPOSES) {
    const { status } = await v.pipeline.job(purpose);
    if (status !== "pending") return purpose;
  }
  return undefined;
};

/** Whatever the user wishes meanwhile: the message must not stay. */
const takeOwn = (
  { context }: VerifyContext,
  queue: Dlq,
  jobId: number,
): Promise<{ readonly found: HeldDlqMessage }> =>
  waitFor({ context, throwIfStopped: () => undefined }, "the DLQ shows the message", 30, async () => {
    const held = await queue.take(1);
    const own = held.find(({ letter }) => letter.label === `job ${jobId} pending`);
    for (const other of held) if (other !== own) await queue.release(other);
    return own;
  });

/** Puts the event of an unheard job where a rule would have left it, and redrives it. */
const redriveOwn = async (v: VerifyContext, queue: Dlq, url: string): Promise<void> => {
  const { context, deployment, pipeline } = v;
  const jobId = pipeline.jobId("redrive");
  const detail = {
    object_kind: "build",
    build_id: jobId,
    build_status: "pending",
    project_id: pipeline.projectId,
  };
  const MessageBody = JSON.stringify({ source: "gitlab.webhook", "detail-type": "GitLabJobEvent", detail });
  await context.clients.sqs().send(new SendMessageCommand({ QueueUrl: url, MessageBody }));
  const { found } = await takeOwn(v, queue, jobId);
  const { sent } = await redriveAll(context, deployment, queue, [found]);
  if (sent === 1) return;
  await queue.remove(found);
  throw new CheckFailed("The event was not taken when it was put again");
};

const checkRedrive = async (v: VerifyContext): Promise<CheckVerdict> => {
  const url = output(v.deployment, "DeadLetterQueueUrl");
  const queue = new Dlq(v.context.clients.sqs(), url);
  if ((await queue.depth()) > 0) return skipped("The DLQ is not empty (npx runners redrive)");
  await redriveOwn(v, queue, url);
  const limit = START_SECONDS[fastSample(v.samples)?.provider ?? "EC2"];
  const started = await waitFor(v, "the redriven event starts a job", limit, () => startedOf(v));
  await untilEnded(v, started.found, "success");
  return passed("A job whose event was in the DLQ ran after redrive", { start: started.seconds });
};

const checkLost = async (v: VerifyContext, redriven: Promise<CheckVerdict>): Promise<CheckVerdict> => {
  const from = v.context.now();
  await redriven.catch(() => undefined);
  for (const purpose of PURPOSES) {
    const job = () => v.pipeline.job(purpose);
    const what = `job ${v.pipeline.jobId(purpose)} is found`;
    await waitFor(v, what, FOUND_SECONDS, async () =>
      (await job()).status === "pending" ? undefined : true,
    );
    await untilEnded(v, purpose, "success");
  }
  const found = (v.context.now() - from) / 1_000;
  return passed("A job whose webhook never came was found and ran", { found });
};

/** What became of the two jobs that no webhook tells of. Once it is there, the webhook is on again. */
export interface Unheard {
  readonly redrive: Promise<CheckVerdict>;
  readonly lost: Promise<CheckVerdict>;
}

/** Plays them. Nothing else of their tags may run meanwhile: its runner could be given one of them. */
export const playLostWebhooks = async (v: VerifyContext): Promise<Unheard> => {
  const { webhooks } = v;
  if (webhooks.kind === "none") {
    const verdict = Promise.resolve(skipped(`A webhook cannot be lost here: ${webhooks.why}`));
    return { redrive: verdict, lost: verdict };
  }
  if (fastSample(v.samples) === undefined) {
    const verdict = Promise.resolve(skipped("No row leads a job of the project to a runner"));
    return { redrive: verdict, lost: verdict };
  }
  await playUnheard(v, webhooks);
  const redrive = checkRedrive(v);
  return { redrive, lost: checkLost(v, redrive) };
};
