import type { Runner, StartedRunner } from "../../../../Core/model/ledger";
import type { RoutingSettings } from "../../../../Core/routing/routing";
import type { Dependencies } from "../../dependencies";
import type { Snapshot } from "../snapshot";
import { limitsInUse, tally } from "./limits-in-use";

type Levels = Pick<Snapshot, "attempts" | "runners" | "waiting" | "now">;
type LevelDependencies = Pick<Dependencies, "ledger" | "metric">;

const countWaiting = ({ metric }: LevelDependencies, { waiting, now }: Levels): void => {
  if (waiting.length > 0) metric("WaitingJobs", waiting.length);
  // Whoever waits for a budget waits as the operator said, perhaps for weeks: no alarm tells of it.
  const hindered = waiting.filter(({ waitingFor }) => waitingFor !== "budget");
  if (hindered.length === 0) return;
  const since = hindered.map(({ times }) => times.WAITING ?? now);
  metric("OldestWaitingSeconds", Math.max(0, (now - Math.min(...since)) / 1000));
};

const isStarted = (runner: Runner): runner is StartedRunner => runner.adopted !== true;

/** A record without an instance or invocation that is known counts under its state alone. */
const providerOf = (runner: Runner): string => (isStarted(runner) ? runner.provider : "unknown");

const countRunners = ({ metric }: LevelDependencies, { runners }: Levels): void => {
  const there = runners.filter(({ state }) => state !== "GONE");
  for (const provider of new Set(there.map(providerOf))) {
    const states = tally(there.filter((one) => providerOf(one) === provider).map(({ state }) => state));
    for (const [state, count] of states) metric("RunnersOpen", count, { provider, state }, "together");
  }
};

/**
 * Puts what there is at this moment: waiting jobs, open runners, how much of each limit is in use. Where there is none,
 * nothing is put: a custom metric costs money in each hour in which it is sent.
 */
export const putLevels = async (
  dependencies: LevelDependencies,
  snapshot: Levels,
  settings: Pick<RoutingSettings, "maxRunners">,
): Promise<void> => {
  countWaiting(dependencies, snapshot);
  countRunners(dependencies, snapshot);
  const use = await limitsInUse(dependencies.ledger, snapshot, settings.maxRunners);
  for (const { limit, percent } of use) dependencies.metric("LimitUsedPercent", percent, { limit });
};
