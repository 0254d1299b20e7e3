import type { MicroVmImage } from "../../../../Core/microvm/image";
import type { MicroVmMemory } from "../../../../Core/model/runner-class";
import type { Instance, InstanceState, MicroVmImages, MicroVms } from "../../ports";

export interface FakeMicroVms extends MicroVms {
  /** By id. Terminated ones stay visible, as Lambda lists them for hours. */
  readonly vms: Map<string, Instance>;
  add(vm: Instance): void;
  setState(id: string, state: InstanceState): void;
  /** Ids given to `terminate` and `suspend`, in order. */
  readonly terminated: string[];
  readonly suspended: string[];
  /** Ids that the list lacks, and those that Lambda does not know yet. */
  readonly unlisted: Set<string>;
  readonly hidden: Set<string>;
  /** Thrown by the next calls of `suspend`. */
  readonly suspendFails: Error[];
}

/** The MicroVMs of this deployment's images. */
export const fakeMicroVms = (): FakeMicroVms => {
  const vms = new Map<string, Instance>();
  const [terminated, suspended]: [string[], string[]] = [[], []];
  const [unlisted, hidden] = [new Set<string>(), new Set<string>()];
  const suspendFails: Error[] = [];
  const setState = (id: string, state: InstanceState): void => {
    const vm = vms.get(id);
    if (vm) vms.set(id, { ...vm, state });
  };
  const shown = (): Instance[] => [...vms.values()].filter(({ instanceId }) => !hidden.has(instanceId));
  return {
    vms,
    terminated,
    suspended,
    unlisted,
    hidden,
    suspendFails,
    setState,
    add: (vm) => void vms.set(vm.instanceId, vm),
    list: async () => ({ items: shown().filter(({ instanceId }) => !unlisted.has(instanceId)) }),
    describe: async (id) => shown().find(({ instanceId }) => instanceId === id),
    suspend: async (id) => {
      const fault = suspendFails.shift();
      if (fault !== undefined) throw fault;
      suspended.push(id);
    },
    terminate: async (id) => {
      terminated.push(id);
      setState(id, "terminated");
    },
  };
};

export interface FakeMicroVmImages extends MicroVmImages {
  readonly images: Map<MicroVmMemory, MicroVmImage>;
}

/** One image, of the default size. */
export const fakeMicroVmImages = (): FakeMicroVmImages => {
  const imageArn = "arn:aws:lambda:eu-west-1:111122223333:microvm-image:gitlab-runners-2048-1";
  const images = new Map<MicroVmMemory, MicroVmImage>([[2048, { imageArn, imageVersion: "1.0" }]]);
  return { images, image: async (size) => images.get(size) };
};
