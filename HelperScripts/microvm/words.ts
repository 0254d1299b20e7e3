import type { MicroVmImage } from "../../Core/microvm/image";
import { FALLBACK_WORDS } from "../../Core/model/reason-words";
import {
  isPrivileged,
  type MicroVmMemory,
  type MicroVmSettings,
  type RunnerClass,
} from "../../Core/model/runner-class";
import type { FallbackRunner, RunnerOrder } from "../../Core/model/runner-order";

const MIB_PER_VCPU = 2048;

/** The size of a MicroVM, e.g. `2048 MiB, 1 vCPU (arm64)`. */
export const microVmSize = (memoryMiB: MicroVmMemory): string =>
  `${memoryMiB} MiB, ${memoryMiB / MIB_PER_VCPU} vCPU (arm64)`;

/** To follow what an instance or a MicroVM is. */
export const privilegedText = (runnerClass: Pick<RunnerClass, "ec2" | "microVm">): string =>
  isPrivileged(runnerClass) ? ", privileged containers" : "";

const executorText = (microVm: MicroVmSettings): string =>
  microVm.executor === "shell"
    ? "shell: jobs run in the VM itself"
    : `docker, inside the VM${privilegedText({ microVm })}; ${microVm.image} for jobs that name no image`;

/** An image by its name and version, e.g. `gitlab-runners-2048-1, version 3.0`. */
export const imageText = ({ imageArn, imageVersion }: MicroVmImage): string =>
  `${imageArn.split(":").at(-1)}, version ${imageVersion}`;

const fallbackText = (fallback: FallbackRunner | undefined): string =>
  fallback === undefined
    ? "none: where no MicroVM is to be had, jobs wait"
    : `${fallback.runnerClass.type}, its class ${fallback.runnerClass.name}${privilegedText(fallback.runnerClass)}, where no MicroVM is to be had`;

/** What `explain` says of a MICROVM class, as rows of its table. */
export const microVmRows = (
  { microVm, keepOnFailureMinutes: kept }: RunnerClass,
  fallback: FallbackRunner | undefined,
  image: MicroVmImage | undefined,
): readonly (readonly string[])[] => {
  if (microVm === undefined) return [];
  return [
    ["size", microVmSize(microVm.memoryMiB)],
    ["executor", executorText(microVm)],
    ["VM's image", image ? imageText(image) : `none of ${microVm.memoryMiB} MiB is published`],
    ["fallback", fallbackText(fallback)],
    ...(kept ? [["kept", `the VM of a job that failed, ${kept} min, but for jobs on protected refs`]] : []),
  ];
};

/** Why a job of a MICROVM class ran elsewhere. Undefined: it did not. */
export const fallbackNote = ({ fallbackBy, runnerClass }: RunnerOrder): string | undefined =>
  fallbackBy &&
  `It fell back from a MicroVM to ${runnerClass.type}: ${FALLBACK_WORDS[fallbackBy]} (${fallbackBy}).`;
