import { createHash } from "node:crypto";
import { defined } from "../../../../Core/defined";
import { TransientError } from "../../../../Core/errors";
import { log } from "../../../../Core/log";
import { keptMinutes } from "../../../../Core/microvm/kept-minutes";
import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import type { StartedRunner } from "../../../../Core/model/ledger";
import { type MicroVmPayload, payloadText } from "../../../../Core/model/microvm-payload";
import { LIFETIME_MARGIN_SECONDS } from "../../../../Core/queue/retry-schedule";
import { MAX_MICROVM_LIFETIME_SECONDS } from "../../../../Core/routing/mapping-row";
import type { BootstrapRows, Clock, Launch, RunnerProvider } from "../../ports";
import { errorName } from "../aws-errors";
import type { MicroVmApi, RunMicrovmCommandInput } from "./client";
import { type MicroVmVerdict, runVerdict } from "./errors";

export interface MicroVmProviderDependencies {
  readonly client: Pick<MicroVmApi, "runMicrovm">;
  readonly rows: Pick<BootstrapRows, "read">;
  readonly deploymentId: string;
  readonly clock: Pick<Clock, "sleep">;
}

type Refused = Extract<Launch, { kind: "refused" }>;
type RowFields = Pick<BootstrapRow, "url" | "token" | "runnerId" | "deletesOwnRecord" | "cache">;
type Settled = StartedRunner & Required<Pick<StartedRunner, "microVmImage">>;

const MAX_TOKEN_LENGTH = 128;

/**
 * The same for all calls of one round. A name that is too long for a token of 128 characters is made short by a digest, which
 * keeps it unique.
 */
const clientToken = (deploymentId: string, { launchedFor, launchRound }: StartedRunner): string => {
  const token = `${deploymentId}-${launchedFor.jobId}-${launchedFor.attempt}-${launchRound}`;
  const isFit = token.length <= MAX_TOKEN_LENGTH && /^[\x21-\x7e]+$/.test(token);
  return isFit ? token : createHash("sha256").update(token).digest("hex");
};

const payloadOf = (row: RowFields, { order }: StartedRunner): MicroVmPayload | undefined => {
  const { microVm, lifetimeSeconds, waitTimeoutSeconds } = order.runnerClass;
  if (microVm === undefined) return undefined;
  const { executor, image, privileged } = microVm;
  const { url, token, runnerId, deletesOwnRecord, cache } = row;
  const payload = {
    url,
    token,
    runnerId,
    executor,
    image,
    ...defined({ privileged }),
    lifetimeSeconds,
    waitTimeoutSeconds,
    deletesOwnRecord,
  };
  return cache === undefined ? payload : { ...payload, cache };
};

/** Without the cache where it is too long with it: a job without cache is slow, one without a runner waits for ever. */
const fittingText = (payload: MicroVmPayload): string | undefined => {
  const whole = payloadText(payload);
  if (whole !== undefined || payload.cache === undefined) return whole;
  const { cache: _, ...rest } = payload;
  log.warn("CACHE_LEFT_OUT", { runnerId: payload.runnerId, reason: "the payload is too long with it" });
  return payloadText(rest);
};

/**
 * Nobody can reach a runner; leaving this out would attach a public address. One that may be kept for somebody to look at lets in
 * a shell alone, for whoever may make a token for it: Lambda makes none for a VM that was started without it.
 * https://docs.aws.amazon.com/lambda/latest/dg/microvms-troubleshooting.html
 */
const ingressOf = ({ microVmImage, order }: Settled): string => {
  const [, partition = "aws", , region = ""] = microVmImage.imageArn.split(":");
  const name = keptMinutes(order) > 0 ? "SHELL_INGRESS" : "NO_INGRESS";
  return `arn:${partition}:lambda:${region}:aws:network-connector:aws-network-connector:${name}`;
};

/** Asking for CloudWatch without a role is refused. */
const loggingOf = ({
  executionRoleArn,
  logGroup,
}: Settled["microVmImage"]): RunMicrovmCommandInput["logging"] =>
  executionRoleArn === undefined || logGroup === undefined ? { disabled: {} } : { cloudWatch: { logGroup } };

/** No idle policy: a VM without inbound traffic counts as idle, and would be suspended in the middle of its job (T-28). */
const requestOf = (deploymentId: string, runner: Settled, runHookPayload: string): RunMicrovmCommandInput => {
  const { imageArn, imageVersion, executionRoleArn } = runner.microVmImage;
  const { lifetimeSeconds } = runner.order.runnerClass;
  const longest = lifetimeSeconds + LIFETIME_MARGIN_SECONDS + keptMinutes(runner.order) * 60;
  return {
    imageIdentifier: imageArn,
    imageVersion,
    clientToken: clientToken(deploymentId, runner),
    runHookPayload,
    maximumDurationInSeconds: Math.min(longest, MAX_MICROVM_LIFETIME_SECONDS),
    ingressNetworkConnectors: [ingressOf(runner)],
    ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
    logging: loggingOf(runner.microVmImage),
  };
};

const refused = (refusal: Refused["refusal"], message: string): Refused => ({
  kind: "refused",
  refusal,
  message,
});

const noImage = ({ order }: StartedRunner, why: string): Refused => ({
  ...refused(
    "configuration",
    `${why}: deploy MicroVmRunner with the size ${order.runnerClass.microVm?.memoryMiB ?? ""}, or give the class a "fallback"`,
  ),
  reason: "microvm-image-missing",
});

const refusalOf = (runner: StartedRunner, name: string, verdict: MicroVmVerdict): Refused => {
  const message = `Lambda refused the MicroVM: ${name}`;
  if (verdict === "unknown") throw new TransientError(`RunMicrovm failed (${name}): it may have launched`);
  if (verdict === "image") return noImage(runner, `${message}, for its image has no active version`);
  // With the next round comes another token.
  if (verdict === "mismatch") return refused("other", message);
  if (verdict === "again")
    return refused("configuration", `${message}. Look at the role of function start-microvm-runner`);
  return refused(verdict, message);
};

/** How long a right may take to be known everywhere after a deployment: one more call, and then it is missing. */
const RIGHTS_SETTLE_MILLISECONDS = 4_000;

/**
 * Calls that have reservations one after the other may come together, and five a second is all that Lambda takes: so a throttled
 * one is made again in a moment. Throttled for longer than that it is refused.
 */
const THROTTLED_CALLS = 5;
const THROTTLED_PAUSE_MILLISECONDS = { least: 300, spread: 700 } as const;

/** Differs from runner to runner and from call to call. */
const pauseOf = ({ runnerId }: StartedRunner, calls: number): number => {
  const { least, spread } = THROTTLED_PAUSE_MILLISECONDS;
  return least + ((runnerId * 2_654_435_761 + calls * 40_503) % spread);
};

/** Milliseconds after which the same call is worth a repeat. Undefined: it is not. */
const pauseBefore = (runner: StartedRunner, verdict: MicroVmVerdict, calls: number): number | undefined => {
  if (verdict === "again") return calls === 1 ? RIGHTS_SETTLE_MILLISECONDS : undefined;
  return verdict === "rate" && calls < THROTTLED_CALLS ? pauseOf(runner, calls) : undefined;
};

/**
 * Starts runners as MicroVMs. The token comes with the launch: it is read from the one bootstrap row, so a repeat is the
 * same request, and Lambda answers with the VM of the first one (I-18, I-19).
 */
export const microVmProvider = ({
  client,
  rows,
  deploymentId,
  clock,
}: MicroVmProviderDependencies): RunnerProvider => {
  const run = async (runner: Settled, request: RunMicrovmCommandInput, calls = 1): Promise<Launch> => {
    let pause: number | undefined;
    try {
      const { microvmId } = await client.runMicrovm(request);
      if (microvmId === undefined) throw new TransientError("RunMicrovm named no VM: it may have launched");
      log.info("MICROVM_LAUNCHED", { jobId: runner.jobId, runnerId: runner.runnerId, resourceId: microvmId });
      return { kind: "launched", resourceId: microvmId };
    } catch (error) {
      if (error instanceof TransientError) throw error;
      const name = errorName(error);
      const verdict = runVerdict(name);
      pause = pauseBefore(runner, verdict, calls);
      if (pause === undefined) return refusalOf(runner, name, verdict);
    }
    await clock.sleep(pause);
    return run(runner, request, calls + 1);
  };

  const launch = async (runner: StartedRunner): Promise<Launch> => {
    const { microVmImage } = runner;
    if (microVmImage === undefined) return noImage(runner, "There is no image of its size");
    const row = await rows.read(runner.nonce);
    const payload = row && payloadOf(row, runner);
    if (payload === undefined)
      return refused("configuration", "What the runner needs to start is not stored any more");
    const text = fittingText(payload);
    if (text === undefined)
      return refused("configuration", "What the runner needs to start is too long for a MicroVM");
    return run({ ...runner, microVmImage }, requestOf(deploymentId, { ...runner, microVmImage }, text));
  };

  return { launch, find: async () => undefined };
};
