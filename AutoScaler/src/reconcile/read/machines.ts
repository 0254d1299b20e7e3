import { defined } from "../../../../Core/defined";
import type { ReconcilerState } from "../../../../Core/ledger/reconciler-state";
import type { Instance, Page } from "../../ports";
import type { ReconcilerDependencies } from "../context";
import type { Part } from "../parts";
import type { Snapshot } from "../snapshot";
import { allPages } from "./ledger";

/** Of fifty VMs each: what is terminated stays listed for up to a day, so a long list is read in turn. */
const MICROVM_PAGES = 20;

export interface ListedMachines {
  /** Undefined: EC2's list failed. */
  readonly instances: Snapshot["instances"];
  /** Where the next pass goes on. Absent: at the start. */
  readonly microVmsCursor?: string;
}

interface ListedMicroVms {
  readonly items: readonly Instance[];
  readonly cursor?: string;
}

const listSome = async (
  read: (cursor?: string) => Promise<Page<Instance>>,
  from: string | undefined,
): Promise<ListedMicroVms> => {
  const items: Instance[] = [];
  let cursor = from;
  for (let page = 0; page < MICROVM_PAGES; page += 1) {
    const { items: more, next } = await read(cursor);
    items.push(...more);
    if (next === undefined) return { items };
    cursor = next;
  }
  return { items, ...defined({ cursor }) };
};

/**
 * EC2's instances, all of them, and some of the MicroVMs. A VM that the list lacks proves nothing: it is asked for where it
 * matters. A list that failed begins anew, for its place in it may be forgotten.
 */
export const readMachines = async (
  { instances, microVms }: ReconcilerDependencies,
  { microVmsCursor }: Pick<ReconcilerState, "microVmsCursor">,
  part: Part,
): Promise<ListedMachines> => {
  const [ofEc2, ofLambda] = await Promise.all([
    part("instances", undefined, () => allPages((cursor) => instances.list(cursor))),
    part<ListedMicroVms>("microvms", { items: [] }, () =>
      listSome((cursor) => microVms.list(cursor), microVmsCursor),
    ),
  ]);
  const all = ofEc2 && [...ofEc2, ...ofLambda.items];
  return {
    instances: all && new Map(all.map((instance): [string, Instance] => [instance.instanceId, instance])),
    ...defined({ microVmsCursor: ofLambda.cursor }),
  };
};
