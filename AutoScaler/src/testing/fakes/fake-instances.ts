import type { Instance, InstanceState, Instances } from "../../ports";

export interface FakeInstances extends Instances {
  readonly instances: Map<string, Instance>;
  add(instance: Instance): void;
  setState(instanceId: string, state: InstanceState): void;
  /** Ids given to `terminate`, in order. */
  readonly terminated: string[];
  /** Ids that EC2 does not show yet. */
  readonly hidden: Set<string>;
}

/** EC2's instances of this deployment. Terminated ones stay visible, as on EC2. */
export const fakeInstances = (): FakeInstances => {
  const instances = new Map<string, Instance>();
  const terminated: string[] = [];
  const hidden = new Set<string>();
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
    setState,
    add: (instance) => void instances.set(instance.instanceId, instance),
    list: async () => ({ items: visible() }),
    describe: async (instanceId) => visible().find((instance) => instance.instanceId === instanceId),
    terminate: async (instanceId) => {
      terminated.push(instanceId);
      setState(instanceId, "terminated");
    },
  };
};
