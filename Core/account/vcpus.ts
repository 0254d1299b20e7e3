/** Sizes that count below one xlarge's four. */
const SMALL: Readonly<Record<string, number>> = {
  nano: 1,
  micro: 1,
  small: 1,
  medium: 1,
  large: 2,
  xlarge: 4,
};

/** `4xlarge` has four times the four of `xlarge`; metal and unknown sizes have none. */
const ofSize = (size: string): number => SMALL[size] ?? Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? 0) * 4;

/**
 * The vCPUs of an instance type, by which EC2 counts against its quotas, e.g. 2 of `m7g.large`; 0 for one whose size
 * does not say. Burstable types have two up to `large`.
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
 */
export const vcpusOf = (instanceType: string): number => {
  const [family = "", size = ""] = instanceType.split(".");
  const vcpus = ofSize(size);
  return /^t[2-4]/.test(family) && vcpus > 0 ? Math.max(2, vcpus) : vcpus;
};
