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

/** An event on a bus. */
export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export type Target = "StartRunnerStateMachine" | "StopRunnerStateMachine" | "RecordPickUpFunction";

export interface Matched {
  readonly target: Target;
  readonly input: unknown;
}

type Transform = (detail: BusEvent["detail"]) => unknown;

interface ShippedRule {
  readonly pattern: Properties;
  readonly target: Target;
  readonly transform: Transform;
}

const MARK = "\u0000";

const follow = (detail: BusEvent["detail"], path: string): unknown => {
  let value: unknown = detail;
  for (const key of path.replace(/^\$\.detail\./, "").split(".")) {
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value ?? "";
};

/** Placeholders outside quotes take any value, those inside are text. */
const filled = (shape: unknown, values: Readonly<Record<string, unknown>>): unknown => {
  if (typeof shape === "string") {
    if (shape.startsWith(MARK)) return values[shape.slice(1)];
    return shape.includes("<") ? shape.replace(/<(\w+)>/g, (_, name: string) => String(values[name])) : shape;
  }
  const entries = Object.entries(shape as object).map(([key, value]) => [key, filled(value, values)]);
  return Object.fromEntries(entries);
};

const transformOf = (transformer: Properties): Transform => {
  const paths = Object.entries(asMap(transformer.InputPathsMap)).map(([name, path]) => [name, String(path)]);
  const template = String(transformer.InputTemplate).replace(/"[^"]*"|<(\w+)>/g, (found, name?: string) =>
    name === undefined ? found : JSON.stringify(MARK + name),
  );
  const shape: unknown = JSON.parse(template);
  return (detail) =>
    filled(shape, Object.fromEntries(paths.map(([name, path]) => [name, follow(detail, path as string)])));
};

const targetOf = (target: Properties): Target => String(asList(asMap(target.Arn)["Fn::GetAtt"])[0]) as Target;

const template = readTemplate("AutoScaler");

const RULES: readonly ShippedRule[] = ofType(template, "AWS::Events::Rule").flatMap(({ properties }) =>
  properties.EventPattern === undefined
    ? []
    : asList(properties.Targets)
        .map(asMap)
        .map((target) => ({
          pattern: asMap(resolve(template, properties.EventPattern)),
          target: targetOf(target),
          transform: transformOf(asMap(target.InputTransformer)),
        })),
);

const matching = ({ source, detailType, detail }: BusEvent): readonly ShippedRule[] => {
  const event = { source, "detail-type": detailType, account: ACCOUNT, detail: detail as Value };
  return RULES.filter(({ pattern }) => patternMatches(pattern, event));
};

/** Rules ask for these by value, for all else only whether it is there. */
const kindOf = ({ source, detailType, detail }: BusEvent): string =>
  [source, detailType, detail.object_kind, detail.build_status, detail.state, typeof detail.build_id].join(
    "\n",
  );

const known = new Map<string, readonly ShippedRule[]>();

/** What the shipped template's rules make of an event. */
export const match = (event: BusEvent): readonly Matched[] => {
  const kind = kindOf(event);
  const rules = known.get(kind) ?? matching(event);
  known.set(kind, rules);
  return rules.map(({ target, transform }) => ({ target, input: transform(event.detail) }));
};

/** Seconds that the template gives a function. */
export const timeoutOf = (functionId: string): number => {
  const found = template.resources.find(({ id }) => id === functionId);
  const seconds = Number(found?.properties.Timeout);
  if (!(seconds > 0)) throw new Error(`The template gives ${functionId} no time-out`);
  return seconds;
};
