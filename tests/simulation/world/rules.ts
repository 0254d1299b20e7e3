import { patternMatches } from "../../templates/event-pattern";
import {
  asList,
  asMap,
  ofType,
  type Properties,
  readTemplate,
  type Value,
} from "../../templates/read-template";
import { ACCOUNT, resolve } from "../../templates/resolve";

/** An event as the simulated bus carries it. */
export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** When it reached the bus, as EventBridge writes it: to the second. The bus sets it. */
  readonly time?: string;
}

export type Target = "StartRunnerStateMachine" | "StopRunnerStateMachine" | "RecordPickUpFunction";

export interface Matched {
  readonly target: Target;
  readonly input: unknown;
}

type Transform = (event: BusEvent) => unknown;

interface ShippedRule {
  readonly pattern: Properties;
  readonly target: Target;
  readonly transform: Transform;
}

const MARK = "\u0000";

const follower = (path: string): Transform => {
  const keys = path.replace(/^\$\./, "").split(".");
  return (event) => {
    let value: unknown = event;
    for (const key of keys) {
      value =
        typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
    }
    return value ?? "";
  };
};

type Placeholders = Readonly<Record<string, Transform>>;

/** Placeholders inside quotes take text. */
const textFiller = (text: string, values: Placeholders): Transform =>
  text.includes("<")
    ? (event) => text.replace(/<(\w+)>/g, (_, name: string) => String(values[name]?.(event)))
    : () => text;

const fieldsFiller = (shape: object, values: Placeholders): Transform => {
  const fields = Object.entries(shape).map(([key, value]) => [key, filler(value, values)] as const);
  return (event) => {
    const filled: Record<string, unknown> = {};
    for (const [key, fill] of fields) filled[key] = fill(event);
    return filled;
  };
};

/** Placeholders outside quotes take any value. */
const filler = (shape: unknown, values: Placeholders): Transform => {
  if (typeof shape !== "string") return fieldsFiller(shape as object, values);
  const placeholder = shape.startsWith(MARK) ? values[shape.slice(1)] : undefined;
  return placeholder ?? textFiller(shape, values);
};

const transformOf = (transformer: Properties): Transform => {
  const values = Object.fromEntries(
    Object.entries(asMap(transformer.InputPathsMap)).map(([name, path]) => [name, follower(String(path))]),
  );
  const template = String(transformer.InputTemplate).replace(/"[^"]*"|<(\w+)>/g, (found, name?: string) =>
    name === undefined ? found : JSON.stringify(MARK + name),
  );
  return filler(JSON.parse(template), values);
};

const TARGETS: readonly Target[] = [
  "StartRunnerStateMachine",
  "StopRunnerStateMachine",
  "RecordPickUpFunction",
];

/** Undefined: it starts nothing of ours. It is there for the rule's metrics, or tells people. */
const targetOf = (target: Properties): Target | undefined =>
  TARGETS.find((name) => name === asList(asMap(target.Arn)["Fn::GetAtt"])[0]);

const template = readTemplate("AutoScaler");

const RULES: readonly ShippedRule[] = ofType(template, "AWS::Events::Rule").flatMap(({ properties }) =>
  properties.EventPattern === undefined
    ? []
    : asList(properties.Targets)
        .map(asMap)
        .flatMap((settings) => {
          const target = targetOf(settings);
          if (target === undefined) return [];
          const pattern = asMap(resolve(template, properties.EventPattern));
          return { pattern, target, transform: transformOf(asMap(settings.InputTransformer)) };
        }),
);

const eventOf = ({ source, detailType, detail }: BusEvent) => ({
  source,
  "detail-type": detailType,
  account: ACCOUNT,
  detail: detail as Value,
});

const matching = (event: BusEvent): readonly ShippedRule[] =>
  RULES.filter(({ pattern }) => patternMatches(pattern, eventOf(event)));

/** A key of the fields that rules compare by value, and of whether the others are present. */
const kindOf = ({ source, detailType, detail }: BusEvent): string =>
  `${source}\n${detailType}\n${detail.object_kind}\n${detail.build_status}\n${detail.state}\n${typeof detail.build_id}\n${typeof detail.project_id}`;

/** It starts nothing: its metric counts the events that no other rule matches. */
export const UNMATCHED_RULE = "UnmatchedEventsRule";

const unmatchedPattern = asMap(
  resolve(template, template.resources.find(({ id }) => id === UNMATCHED_RULE)?.properties.EventPattern),
);

/** What the shipped rules do with a kind of event. */
interface Fate {
  readonly rules: readonly ShippedRule[];
  readonly isCountedAsUnmatched: boolean;
}

const fateOf = (event: BusEvent): Fate => ({
  rules: matching(event),
  isCountedAsUnmatched: !event.source.startsWith("aws.") && patternMatches(unmatchedPattern, eventOf(event)),
});

const known = new Map<string, Fate>();

/**
 * Targets and inputs that the shipped rules give for an event, and whether the rule for them counts it as one that no other
 * rule matches. Events of AWS are on another bus.
 */
export const match = (
  event: BusEvent,
): { readonly matched: readonly Matched[]; readonly isCountedAsUnmatched: boolean } => {
  const kind = kindOf(event);
  const fate = known.get(kind) ?? fateOf(event);
  known.set(kind, fate);
  const { rules, isCountedAsUnmatched } = fate;
  const matched = rules.map(({ target, transform }) => ({ target, input: transform(event) }));
  return { matched, isCountedAsUnmatched };
};

const propertiesOf = (functionId: string): Properties =>
  template.resources.find(({ id }) => id === functionId)?.properties ?? {};

/** A function's time-out in the template, in seconds. */
export const timeoutOf = (functionId: string): number => {
  const seconds = Number(propertiesOf(functionId).Timeout);
  if (!(seconds > 0)) throw new Error(`The template gives ${functionId} no time-out`);
  return seconds;
};

/** Whether a function reads the configuration, as all do that call GitLab. */
export const readsConfiguration = (functionId: string): boolean =>
  asMap(asMap(propertiesOf(functionId).Environment).Variables).CONFIGURATION_PATH !== undefined;

/** Seconds for which Lambda tries an asynchronous event of a function that it refuses to run. */
export const eventAge = (functionId: string): number => {
  const seconds = Number(asMap(propertiesOf(functionId).EventInvokeConfig).MaximumEventAgeInSeconds);
  if (!(seconds > 0)) throw new Error(`The template gives the events of ${functionId} no age`);
  return seconds;
};
