import { TransientError } from "../../../Core/errors";
import type { StartedRunner } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";
import { isLimited, recordRefusal } from "../launch-rate/launch-rate";
import type { Launch } from "../ports";

type CallDependencies = Pick<Dependencies, "ledger" | "provider" | "clock">;
type Refused = Extract<Launch, { kind: "refused" }>;

const MIN_PAUSE_MILLISECONDS = 1_000;
const PAUSE_SPREAD_MILLISECONDS = 4_000;

/** A pause of one to five seconds that differs from runner to runner. */
const pauseOf = ({ runnerId }: StartedRunner): number =>
  MIN_PAUSE_MILLISECONDS + ((runnerId * 2_654_435_761) % PAUSE_SPREAD_MILLISECONDS);

/** A start that goes on from what another one stored is not the first to call. */
const isFirstCall = (runner: StartedRunner): boolean => runner.version === 1;

/**
 * Whether to call once more in a moment: after a refusal for the number of calls it may have been a moment's. In a
 * burst everybody else is refused as well, and waits for the reconciler: tries of them all would be a storm (F-33). The
 * launch rate is a provider's own: what Lambda refuses holds no instance back.
 */
const isWorthATry = async (
  dependencies: CallDependencies,
  runner: StartedRunner,
  launch: Refused,
): Promise<boolean> => {
  if (launch.refusal !== "rate") return false;
  return isLimited(runner.provider)
    ? recordRefusal(dependencies.ledger, runner.provider, dependencies.clock.now())
    : isFirstCall(runner);
};

/**
 * Nothing but its token finds a MicroVM whose answer was lost: a repeat gets the VM, before Lambda looks for room for another
 * one. It counts calls before that, so a throttled repeat proves nothing.
 */
const proven = (runner: StartedRunner, launch: Launch | undefined, wasLost: boolean): Launch | undefined => {
  const isDoubtful = runner.provider === "MICROVM" && (wasLost || runner.heldBy === "no-answer");
  return isDoubtful && launch?.kind === "refused" && launch.refusal === "rate" ? undefined : launch;
};

/** Undefined: no answer, it may have launched. */
const call = async (launch: () => Promise<Launch>): Promise<Launch | undefined> => {
  try {
    return await launch();
  } catch (error) {
    if (error instanceof TransientError) return undefined;
    throw error;
  }
};

/** What a launch came to. */
export interface LaunchTried {
  /** Undefined: no answer, it may have launched. */
  readonly launch: Launch | undefined;
  /** Its first call was the first that was refused for their number: since then others are held. */
  readonly foundLimit: boolean;
}

/**
 * A launch, and one more call where that may help: the only slot that repeats one (I-25). After a lost answer the
 * repeat looks first, for what is there may have been bought in another market (I-19).
 */
export const launchOrRetry = async (
  dependencies: CallDependencies,
  runner: StartedRunner,
): Promise<LaunchTried> => {
  const { provider, clock } = dependencies;
  const launch = await call(() => provider.launch(runner));
  if (launch?.kind === "launched") return { launch, foundLimit: false };
  const isRepeated =
    launch === undefined ? isFirstCall(runner) : await isWorthATry(dependencies, runner, launch);
  if (!isRepeated) return { launch: proven(runner, launch, false), foundLimit: false };
  await clock.sleep(pauseOf(runner));
  const repeated = await call(
    async () => (launch ? undefined : await provider.find(runner)) ?? provider.launch(runner),
  );
  const foundLimit = launch !== undefined && isLimited(runner.provider);
  return { launch: proven(runner, repeated, launch === undefined), foundLimit };
};
