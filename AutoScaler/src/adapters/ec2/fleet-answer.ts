import { defined } from "../../../../Core/defined";
import { spotPool } from "../../../../Core/model/spot-pool";
import type { BoughtAs } from "../../../../Core/pricing/prices";
import type { CreateFleetCommandOutput, Ec2Instance } from "./client";
import type { Ec2ErrorKind } from "./error-codes";
import { kindOfCode, shortMessage } from "./errors";

export type FleetAnswer =
  | {
      readonly kind: "instance";
      readonly instanceId: string;
      readonly boughtAs: BoughtAs;
      readonly instanceType?: string;
      /** Where it was launched, if the answer says so. */
      readonly pool?: string;
      /** Pools that had no capacity, although another one had. */
      readonly shortPools: readonly string[];
    }
  /** No instance was launched, with the reason. */
  | {
      readonly kind: "errors";
      readonly error: Ec2ErrorKind;
      readonly message: string;
      /** The error came inside a fleet's answer, so the client token is used up. */
      readonly insideAnswer: boolean;
      /** Pools that had no capacity. */
      readonly shortPools: readonly string[];
    }
  /** Neither instances nor errors: EC2 does not report the result of a repeated call a second time. */
  | { readonly kind: "silent" };

/**
 * Several pools may answer with several errors; the first in this order counts. Unknown outcomes come first,
 * then errors that pass. `configuration` comes last, since one wrong type must not stop the others.
 */
const RANK: readonly Ec2ErrorKind[] = [
  "unknown",
  "mismatch",
  "rate",
  "limit",
  "spot-role",
  "capacity",
  "other",
  "unsupported",
  "configuration",
];

const rank = (kind: Ec2ErrorKind): number => RANK.indexOf(kind);

/** With no capacity in one pool and a quota in another, the quota counts: an operator can raise it. */
const gravest = (kinds: readonly Ec2ErrorKind[]): Ec2ErrorKind =>
  kinds.reduce((worst, kind) => (rank(kind) < rank(worst) ? kind : worst), "configuration");

type FleetError = NonNullable<CreateFleetCommandOutput["Errors"]>[number];

/** The pool of an override or an instance. Undefined: it does not say both. */
export const poolOf = ({ InstanceType, SubnetId }: Pick<Ec2Instance, "InstanceType" | "SubnetId"> = {}) =>
  InstanceType && SubnetId ? spotPool(InstanceType, SubnetId) : undefined;

const poolOfOverride = ({ LaunchTemplateAndOverrides }: Pick<FleetError, "LaunchTemplateAndOverrides">) =>
  poolOf(LaunchTemplateAndOverrides?.Overrides);

const isShort = ({ ErrorCode }: FleetError): boolean => kindOfCode(ErrorCode ?? "") === "capacity";

const shortPoolsIn = (errors: readonly FleetError[]): readonly string[] => [
  ...new Set(errors.filter(isShort).flatMap((error) => poolOfOverride(error) ?? [])),
];

/** `InsufficientInstanceCapacity (c7g.large): …`, each code once. */
const summary = (errors: readonly FleetError[]): string => {
  const byCode = new Map<string, FleetError>();
  for (const error of errors) {
    const code = error.ErrorCode ?? "unknown";
    if (!byCode.has(code)) byCode.set(code, error);
  }
  return shortMessage(
    [...byCode]
      .map(([code, error]) => {
        const type = error.LaunchTemplateAndOverrides?.Overrides?.InstanceType;
        return `${code}${type ? ` (${type})` : ""}: ${shortMessage(error.ErrorMessage ?? "")}`;
      })
      .join("; "),
  );
};

/**
 * Reads CreateFleet's answer: for type `instant` errors come inside an HTTP 200.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleetError.html
 */
export const readFleetAnswer = (answer: CreateFleetCommandOutput, asked: BoughtAs): FleetAnswer => {
  const errors = answer.Errors ?? [];
  const shortPools = shortPoolsIn(errors);
  const group = answer.Instances?.find(({ InstanceIds }) => InstanceIds?.length);
  const instanceId = group?.InstanceIds?.[0];
  if (group !== undefined && instanceId !== undefined) {
    const boughtAs = group.Lifecycle === "spot" || group.Lifecycle === "on-demand" ? group.Lifecycle : asked;
    return {
      kind: "instance",
      instanceId,
      boughtAs,
      ...defined({
        instanceType: group.InstanceType ?? group.LaunchTemplateAndOverrides?.Overrides?.InstanceType,
        pool: poolOfOverride(group),
      }),
      shortPools,
    };
  }
  if (errors.length === 0) return { kind: "silent" };
  const kinds = errors.map(({ ErrorCode }) => kindOfCode(ErrorCode ?? "InternalError"));
  return { kind: "errors", error: gravest(kinds), message: summary(errors), insideAnswer: true, shortPools };
};
