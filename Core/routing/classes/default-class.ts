import { defined } from "../../defined";
import { PROVIDERS, type Provider } from "../../model/runner-class";
import { type BadRow, isBad } from "../field-checks";
import { CLASS_SORT_KEY, classRowKey } from "../mapping-keys";
import { type ClassFields, checkClassField } from "../mapping-row";
import type { StoredRow } from "../mapping-state";
import type { RoutingSettings } from "../routing-settings";

/** The class of jobs whose row names none, and of what other classes leave out: one for each provider. */
export const DEFAULT_CLASS = "default";
export const DEFAULT_CLASS_KEY = classRowKey(DEFAULT_CLASS);

/** What a mapping may say of the class `default`. The rest is the stack's parameters, or belongs to a class that is asked for. */
const DEFAULT_CLASS_FIELDS = {
  LAMBDA: ["lifetimeSeconds", "waitTimeoutSeconds"],
  EC2: ["market", "lifetimeSeconds", "waitTimeoutSeconds"],
  MICROVM: ["memoryMiB", "executor", "image", "fallback", "lifetimeSeconds", "waitTimeoutSeconds"],
} as const satisfies Readonly<Record<Provider, readonly (keyof ClassFields)[]>>;

/** What differs from the built-in class. Field names are the document's. */
type ProviderDefaults = Pick<
  ClassFields,
  "market" | "lifetimeSeconds" | "waitTimeoutSeconds" | "memoryMiB" | "executor" | "image" | "fallback"
>;

/** By provider. */
export type DefaultClassFields = Readonly<Partial<Record<Provider, ProviderDefaults>>>;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Why the fields of one provider cannot be; `problem` continues a sentence that began with its name. */
const fieldsProblem = (provider: Provider, value: unknown): string | undefined => {
  const known: readonly (keyof ClassFields)[] = DEFAULT_CLASS_FIELDS[provider];
  if (!isRecord(value)) return `must be an object with ${known.join(", ")}`;
  for (const [name, each] of Object.entries(value)) {
    const field = known.find((one) => one === name);
    if (field === undefined) return `has the field ${JSON.stringify(name)}: known are ${known.join(", ")}`;
    const checked = checkClassField(field, each, provider);
    if (isBad(checked)) return `has a ${field} that cannot be: it ${checked.problem}`;
  }
  return undefined;
};

/**
 * Checks what a document or a row says of the class `default`.
 *
 * @param value `{ "EC2": { "market": "on-demand" }, "LAMBDA": { "waitTimeoutSeconds": 30 } }`; either may be left out
 */
export const checkDefaultClass = (value: unknown): { readonly fields: DefaultClassFields } | BadRow => {
  if (!isRecord(value)) return { problem: `must be an object with ${PROVIDERS.join(" or ")}` };
  for (const [name, fields] of Object.entries(value)) {
    const provider = PROVIDERS.find((one) => one === name);
    if (provider === undefined)
      return { problem: `has the field ${JSON.stringify(name)}: known are ${PROVIDERS.join(" and ")}` };
    const problem = fieldsProblem(provider, fields);
    if (problem) return { problem: `has ${provider}, which ${problem}` };
  }
  return { fields: value as DefaultClassFields };
};

/** Checks the stored row. */
export const parseDefaultClassRow = ({
  pk: _,
  sk,
  ...rest
}: StoredRow): { readonly fields: DefaultClassFields } | BadRow =>
  sk === CLASS_SORT_KEY
    ? checkDefaultClass(rest)
    : { problem: `has the sort key of no class: write ${CLASS_SORT_KEY}` };

/** The stack's settings with another class `default`. */
export const withDefaultClass = (
  stack: RoutingSettings,
  { LAMBDA, EC2, MICROVM }: DefaultClassFields,
): RoutingSettings => {
  const { market, ...ofEc2 } = EC2 ?? {};
  const { ec2 } = stack.defaults.EC2;
  const { memoryMiB, executor, image, ...ofMicroVm } = MICROVM ?? {};
  const { microVm } = stack.defaults.MICROVM;
  return {
    ...stack,
    defaults: {
      LAMBDA: { ...stack.defaults.LAMBDA, ...LAMBDA },
      EC2: { ...stack.defaults.EC2, ...ofEc2, ...(ec2 ? { ec2: { ...ec2, ...defined({ market }) } } : {}) },
      MICROVM: {
        ...stack.defaults.MICROVM,
        ...ofMicroVm,
        ...(microVm ? { microVm: { ...microVm, ...defined({ memoryMiB, executor, image }) } } : {}),
      },
    },
  };
};
