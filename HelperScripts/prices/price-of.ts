import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import type { Ec2Settings } from "../../Core/model/runner-class";
import {
  functionPricePerHour,
  instancePricePerHour,
  PRICES_AS_OF,
  PRICES_REGION,
  priceRange,
} from "../../Core/pricing/prices";
import { dollars } from "../console/words";
import type { Context } from "../context";
import { isNamed } from "../failures";

/** What a runner costs while it runs, as far as it is known. */
export interface Price {
  /** USD an hour, at least and at most; absent: unknown. */
  readonly least?: number;
  readonly most?: number;
  /** The function is not there: a runner of it cannot start. */
  readonly isMissing?: true;
  readonly sentence: string;
}

const asOf = `(${PRICES_REGION}, ${PRICES_AS_OF})`;
const range = (least: number, most: number): string =>
  least === most ? dollars(least) : `${dollars(least)} to ${dollars(most)}`;

const unknown = (why: string): Price => ({ sentence: `unknown: ${why}` });

/** Spot prices change by the hour: unknown, and a `spot-first` runner may be either. */
export const ec2Price = (ec2: Ec2Settings, region: string): Price => {
  const priceOf = (type: string) => instancePricePerHour(type, "on-demand", region);
  const missing = ec2.instanceTypes.filter((type) => priceOf(type) === undefined);
  const onDemand = priceRange(ec2.instanceTypes.filter((type) => !missing.includes(type)).map(priceOf));
  if (onDemand === undefined) {
    const has = region === PRICES_REGION ? "has none of these instance types" : `has ${PRICES_REGION} alone`;
    return unknown(`the price table of ${PRICES_AS_OF} ${has}`);
  }
  const { least, most } = onDemand;
  const rest = missing.length === 0 ? "" : `; not in the price table: ${missing.join(", ")}`;
  const text = `${range(least, most)} an hour on-demand ${asOf}, without disk and address${rest}`;
  if (ec2.market === "on-demand")
    return missing.length === 0 ? { least, most, sentence: text } : { sentence: text };
  const instead = ec2.market === "spot" ? "" : `; where spot is short ${text}`;
  return unknown(`spot prices change by the hour${instead}`);
};

/** A function's price by its own size. */
export const functionPrice = async (context: Context, arn: string, region: string): Promise<Price> => {
  try {
    const answer = await context.clients
      .lambda()
      .send(new GetFunctionConfigurationCommand({ FunctionName: arn }));
    const size = {
      memoryMiB: answer.MemorySize ?? 128,
      storageMiB: answer.EphemeralStorage?.Size ?? 512,
      architecture: answer.Architectures?.[0] === "arm64" ? "arm64" : "x86_64",
    } as const;
    const price = functionPricePerHour(size, region);
    return price === undefined
      ? unknown(`the price table of ${PRICES_AS_OF} has ${PRICES_REGION} alone`)
      : {
          least: price,
          most: price,
          sentence: `${dollars(price)} an hour for ${size.memoryMiB} MiB on ${size.architecture} ${asOf}`,
        };
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException"))
      return { ...unknown("there is no such function"), isMissing: true };
    return unknown(`Lambda says ${error instanceof Error ? error.name : "error"}`);
  }
};
