import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import type { Runner } from "../../Core/model/ledger";
import type { Provider } from "../../Core/model/runner-class";
import type { SeenJob } from "./pipeline";
import { CheckFailed } from "./result";
import { type VerifyContext, waitFor } from "./verify-context";

/**
 * From pending to running. Lambda starts in seconds, an image that was not used for long in a minute; an instance boots in
 * 45 s, and may need a second market and a second attempt. A MicroVM starts in seconds, or waits for its launch rate.
 */
export const START_SECONDS: Readonly<Record<Provider, number>> = { LAMBDA: 90, EC2: 240, MICROVM: 90 };

/** From the job's end to nothing left: an instance shuts down in a minute, and a lost event is found in another two. */
export const GONE_SECONDS = 180;

/** A job that runs, ends at once: its script is an echo. gitlab-runner reports every few seconds. */
const RUN_SECONDS = 60;

const ENDED = ["success", "failed", "canceled", "skipped"];

const runnerOf = async ({ ledger }: VerifyContext, { runnerId }: SeenJob): Promise<Runner | undefined> =>
  runnerId === undefined ? undefined : ledger.runner(runnerId);

/** Waits until a runner has the job. @returns the job, and the seconds that it took */
export const untilRunning = (v: VerifyContext, purpose: string, seconds: number) =>
  waitFor(v, `job ${v.pipeline.jobId(purpose)} runs`, seconds, async () => {
    const job = await v.pipeline.job(purpose);
    return job.runnerId !== undefined && job.status !== "pending" ? job : undefined;
  });

/** Waits until the job has ended. @throws CheckFailed when it does not end so */
export const untilEnded = async (
  v: VerifyContext,
  purpose: string,
  wanted: string,
  seconds = RUN_SECONDS,
): Promise<number> => {
  const id = v.pipeline.jobId(purpose);
  const ended = await waitFor(v, `job ${id} has ended`, seconds, async () => {
    const job = await v.pipeline.job(purpose);
    return ENDED.includes(job.status) ? job : undefined;
  });
  if (ended.found.status === wanted) return ended.seconds;
  throw new CheckFailed(`Job ${id} ended ${ended.found.status}, and not ${wanted}`);
};

const DEAD = ["shutting-down", "terminated"];

/** EC2 forgets a terminated instance after an hour or so. */
const isInstanceGone = async ({ context }: VerifyContext, instanceId: string): Promise<boolean> => {
  const { Reservations = [] } = await context.clients
    .ec2()
    .send(new DescribeInstancesCommand({ Filters: [{ Name: "instance-id", Values: [instanceId] }] }));
  const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
  return instances.every(({ State }) => DEAD.includes(State?.Name ?? ""));
};

/** The job's runner as the ledger has it. @throws CheckFailed when the ledger does not, or it is of another provider */
export const ownRunner = async (v: VerifyContext, job: SeenJob, provider: Provider): Promise<Runner> => {
  const runner = await runnerOf(v, job);
  if (runner === undefined) throw new CheckFailed(`A runner that is not ours took the job (${job.runnerId})`);
  const type = runner.adopted ? "none" : runner.provider;
  if (type !== provider) throw new CheckFailed(`The job ran on ${type}, and not on ${provider}`);
  return runner;
};

/** Waits until ledger, GitLab and EC2 show nothing of a runner. @returns seconds */
export const untilGone = async (v: VerifyContext, runner: Runner): Promise<number> => {
  const { runnerId, resourceId = "" } = runner;
  const { seconds } = await waitFor(v, `runner ${runnerId} is gone`, GONE_SECONDS, async () => {
    const now = await v.ledger.runner(runnerId);
    if (now?.state !== "GONE" || (await v.pipeline.hasRunner(runnerId))) return undefined;
    const isMachine = !runner.adopted && runner.provider === "EC2";
    return !isMachine || (await isInstanceGone(v, resourceId)) ? true : undefined;
  });
  return seconds;
};
