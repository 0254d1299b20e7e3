import { STACK } from "../ports";
import type { SmallWorld } from "./small-world";

/** What a world looks like when all is met and gone. */
export const NOTHING = {
  killed: [],
  unmet: [],
  records: [],
  instances: [],
  taken: 0,
  attempts: [],
  runners: [],
  excess: [],
};

/** What is left in GitLab, AWS and the ledger; the first four are no word of ours. */
export const remains = ({ gitLab, instances, ledger }: SmallWorld, killed: readonly number[]) => {
  const items = [...ledger.items.values()];
  const alive = [...instances.instances.values()].filter(({ state }) => state !== "terminated");
  return {
    killed,
    unmet: [...gitLab.jobsById.values()].filter(({ status }) => status === "pending" || status === "running"),
    records: [...gitLab.runnersById.keys()],
    instances: alive.map(({ instanceId }) => instanceId),
    taken: ledger.taken(STACK),
    // FAILED is an end as well: a job that then found another runner leaves it behind. One that found none is unmet.
    attempts: items.filter((item) => item.kind === "attempt" && !["ENDED", "FAILED"].includes(item.state)),
    runners: items.filter(
      (item) => item.kind === "runner" && (item.state !== "GONE" || !item.recordDeletedAt),
    ),
    excess: items.filter((item) => item.kind === "attempt" && item.attempt > 2),
  };
};

export const isClean = (left: ReturnType<typeof remains>): boolean =>
  JSON.stringify(left) === JSON.stringify(NOTHING);
