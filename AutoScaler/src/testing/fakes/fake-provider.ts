import { TransientError } from "../../../../Core/errors";
import type { Runner } from "../../../../Core/model/ledger";
import { spotPool } from "../../../../Core/model/spot-pool";
import type { Clock, Launch, RunnerProvider } from "../../ports";
import type { FakeInstances } from "./fake-instances";
import type { FakeMicroVms } from "./fake-microvms";

export interface FakeProvider extends RunnerProvider {
  /** Resources that were launched: client token → resource id. */
  readonly launched: Map<string, string>;
  /** Client tokens of the launch calls, in order. */
  readonly calls: string[];
  /** Outcomes of the next calls: a refusal or a fault. "lost": it launches, and the answer is lost. */
  readonly script: (Launch | "lost" | "fails")[];
  /** False: the provider does not show yet what it launched. */
  isVisible: boolean;
}

const clientToken = ({ launchedFor, launchRound }: Runner): string =>
  `${launchedFor.jobId}-${launchedFor.attempt}-${launchRound}`;

/** Everything on which a launch may depend (I-18): a token with other parameters is refused, as on AWS. */
const parameters = ({ launchedFor, launchRound, order, nonce, runnerId }: Runner): string =>
  JSON.stringify({ launchedFor, launchRound, order, nonce, runnerId });

/**
 * A provider with idempotent launches and a check of their parameters.
 *
 * @param system for EC2: where its instances appear
 * @param microVms for MicroVMs: the same. Without both the provider is Lambda.
 */
export const fakeProvider = (
  system?: {
    readonly instances: FakeInstances;
    readonly clock: Clock;
  },
  microVms?: { readonly vms: FakeMicroVms; readonly clock: Clock },
): FakeProvider => {
  const launched = new Map<string, string>();
  const seen = new Map<string, string>();
  const calls: string[] = [];
  const script: (Launch | "lost" | "fails")[] = [];

  const newId = (token: string, runner: Runner): string => {
    if (system) return `i-${token.replaceAll("-", "").padStart(17, "0")}`;
    return microVms ? `microvm-${token}` : `lambda:${runner.runnerId}`;
  };

  const answer = (resourceId: string): Launch =>
    system
      ? {
          kind: "launched",
          resourceId,
          market: "spot",
          instanceType: "m7g.large",
          pool: spotPool("m7g.large", "subnet-1"),
          bootstrapKey: `AROARUNNER:${resourceId}`,
        }
      : { kind: "launched", resourceId };

  const effect = (runner: Runner): string => {
    const token = clientToken(runner);
    if ((seen.get(token) ?? parameters(runner)) !== parameters(runner)) {
      throw new Error(`IdempotentParameterMismatch: ${token}`);
    }
    seen.set(token, parameters(runner));
    const resourceId = launched.get(token) ?? newId(token, runner);
    if (!launched.has(token)) {
      launched.set(token, resourceId);
      const { jobId, attempt } = runner.launchedFor;
      system?.instances.add({
        instanceId: resourceId,
        state: "running",
        launchedAt: system.clock.now(),
        jobId,
        attempt,
      });
      microVms?.vms.add({ instanceId: resourceId, state: "running", launchedAt: microVms.clock.now() });
    }
    return resourceId;
  };

  const provider: FakeProvider = {
    launched,
    calls,
    script,
    isVisible: true,
    launch: async (runner) => {
      calls.push(clientToken(runner));
      const next = script.shift();
      if (next === "fails") throw new TransientError("The launch call failed");
      if (typeof next === "object") return next;
      const resourceId = effect(runner);
      if (next === "lost") throw new TransientError("The launch call's answer was lost");
      return answer(resourceId);
    },
    find: async (runner) => {
      const rounds = Array.from({ length: runner.launchRound + 1 }, (_, round) => round);
      const found = rounds
        .map((launchRound) => launched.get(clientToken({ ...runner, launchRound })))
        .find(Boolean);
      const isShown = system !== undefined && provider.isVisible;
      return isShown && found !== undefined ? answer(found) : undefined;
    },
  };
  return provider;
};
