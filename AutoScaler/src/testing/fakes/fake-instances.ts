import type { InstallFailure } from "../../../../Core/model/reasons";
import type { Instance, InstanceState, Instances } from "../../ports";

export interface FakeInstances extends Instances {
  readonly instances: Map<string, Instance>;
  add(instance: Instance): void;
  setState(instanceId: string, state: InstanceState): void;
  /** Ids given to `terminate`, in order. */
  readonly terminated: string[];
  /** Ids that EC2 does not show yet. */
  readonly hidden: Set<string>;
  /** What their consoles say, by id. */
  readonly installFailures: Map<string, InstallFailure>;
  /** Ids whose console was read, in order. */
  readonly consolesRead: string[];
}

/** EC2's instances of this deployment. Terminated ones stay visible, as on EC2. */
export const fakeInstances = (): FakeInstances => {
  const instances = new Map<string, Instance>();
  const terminated: string[] = [];
  const hidden = new Set<string>();
  const installFailures = new Map<string, InstallFailure>();
  const consolesRead: string[] = [];
  const setState = (instanceId: string, state: InstanceState): void => {
    const instance = instances.get(instanceId);
    if (instance) instances.set(instanceId, { ...instance, state });
  };
  const visible = (): Instance[] =>
    [...instances.values()].filter((instance) => !hidden.has(instance.instanceId));
  return {
    instances,
    terminated,
    hidden,
    installFailures,
    consolesRead,
    setState,
    add: (instance) => void instances.set(instance.instanceId, instance),
    list: async () => ({ items: visible() }),
    describe: async (instanceId) => visible().find((instance) => instance.instanceId === instanceId),
    terminate: async (instanceId) => {
      terminated.push(instanceId);
      setState(instanceId, "terminated");
    },
    installFailure: async (instanceId) => {
      consolesRead.push(instanceId);
      return installFailures.get(instanceId);
    },
  };
};
