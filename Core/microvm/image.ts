import type { MicroVmMemory } from "../model/runner-class";

/** An image of MicroVmRunner as its stack publishes it, one parameter for each size. */
export interface MicroVmImage {
  /** E.g. `arn:aws:lambda:eu-west-1:111122223333:microvm-image:gitlab-runners-2048`. */
  readonly imageArn: string;
  /** E.g. `3.0`. */
  readonly imageVersion: string;
  /** Absent: a VM has no credentials, and its log goes nowhere. */
  readonly executionRoleArn?: string;
  /** Only with a role. */
  readonly logGroup?: string;
}

/** Whether a resource's id is a MicroVM's. */
export const isMicroVmId = (resourceId: string): boolean => resourceId.startsWith("microvm-");

/** The parameter's name below the configuration path. */
export const microVmImageParameter = (memoryMiB: MicroVmMemory): string => `microvm/${memoryMiB}`;

const IMAGE_ARN = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:microvm-image:[A-Za-z0-9_-]{1,64}$/;
const VERSION = /^\d+\.\d+$/;

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

const fieldsIn = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};

/** Reads a published image. Undefined: the text is none. */
export const parseMicroVmImage = (text: string): MicroVmImage | undefined => {
  const { imageArn, imageVersion, executionRoleArn, logGroup } = fieldsIn(text);
  if (!isText(imageArn) || !IMAGE_ARN.test(imageArn)) return undefined;
  if (!isText(imageVersion) || !VERSION.test(imageVersion)) return undefined;
  const role = isText(executionRoleArn) ? { executionRoleArn } : {};
  return {
    imageArn,
    imageVersion,
    ...role,
    ...(isText(logGroup) && isText(executionRoleArn) ? { logGroup } : {}),
  };
};
