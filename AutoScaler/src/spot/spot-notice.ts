import type { Runner } from "../../../Core/model/ledger";
import type { Dependencies } from "../dependencies";

/**
 * A spot instance's two-minute notice. It has a record of its own, since the function that hears of it may write no
 * runner.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
 */
const recordName = ({ runnerId }: Runner): string => `spot-notice#${runnerId}`;

/** Long after the instance is gone, so that an end which comes late still has its reason. */
const KEPT_SECONDS = 24 * 3_600;

type NoticeDependencies = Pick<Dependencies, "ledger" | "clock">;

/** Stores that EC2 takes the runner's instance back. A conflict means that another report of it was faster. */
export const recordNotice = async ({ ledger, clock }: NoticeDependencies, runner: Runner): Promise<void> => {
  const value = clock.now();
  const ttl = Math.ceil(value / 1_000) + KEPT_SECONDS;
  await ledger.commit([{ stateRecord: { name: recordName(runner), version: 1, value, ttl } }]);
};

/** True if EC2 has announced that it takes the runner's instance back. */
export const hadNotice = async (
  { ledger }: Pick<NoticeDependencies, "ledger">,
  runner: Runner,
): Promise<boolean> =>
  runner.market === "spot" && (await ledger.stateRecord(recordName(runner))) !== undefined;
