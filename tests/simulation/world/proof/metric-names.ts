import type { CountedUnder } from "../../../../Core/log";
import { DEPLOYMENT } from "../stack";
import type { Dimensions, MetricName } from "./metrics";

/** The namespace of the product's own metrics. */
export const OWN = "GitLabRunners";

/** As the shipped log writes it: by each first part of its dimensions, or by all alone (Core/log.ts). */
const metricsOf = (name: string, dimensions: Dimensions, counted: CountedUnder): readonly MetricName[] => {
  const all = Object.entries({ Deployment: DEPLOYMENT, ...dimensions });
  const lengths = all.map((_, index) => index + 1);
  return lengths
    .filter((length) => counted === "apart" || length === all.length)
    .map((length) => ({ namespace: OWN, name, dimensions: Object.fromEntries(all.slice(0, length)) }));
};

/** A metric's names in CloudWatch, and those under which a test finds its sum. */
interface Names {
  readonly metrics: readonly MetricName[];
  readonly keys: readonly string[];
}

const known = new Map<string, Names>();

/** Made once for all that is counted alike: a job counts a dozen times. */
export const namesOf = (name: string, dimensions: Dimensions, counted: CountedUnder): Names => {
  let key = `${name}\n${counted}`;
  for (const dimension in dimensions) key += `\n${dimension}\n${dimensions[dimension]}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const values = Object.values(dimensions);
  const metrics = metricsOf(name, dimensions, counted);
  const names: Names = { metrics, keys: [name, ...values.map((value) => `${name}/${value}`)] };
  known.set(key, names);
  return names;
};
