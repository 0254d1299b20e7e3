import { parseDocument } from "yaml";
import { ConfigurationError } from "../../Core/errors";
import type { RestingDeployment, ScheduledFunction } from "../../Core/pricing/rest-prices";

/** What a template's resources cost while nothing runs. */
export type RestingStack = Pick<RestingDeployment, "alarms" | "dashboards" | "scheduled">;

/** The value at a path of keys; undefined where there is none. */
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (current, key) =>
      typeof current === "object" && current !== null ? Reflect.get(current, key) : undefined,
    value,
  );

const listAt = (value: unknown, ...path: readonly string[]): readonly unknown[] => {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
};

const MINUTES: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 60 * 24 };
const MONTH_IN_MINUTES = 60 * 24 * 30;

/** @throws ConfigurationError for a schedule that is not a rate */
const callsOf = (schedule: string): number => {
  const [, number, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule) ?? [];
  const minutes = Number(number) * (MINUTES[unit] ?? Number.NaN);
  if (!(minutes > 0))
    throw new ConfigurationError(
      `The schedule ${schedule} cannot be counted: write rate(10 minutes), or teach HelperScripts/stacks/resting-stack.ts`,
    );
  return MONTH_IN_MINUTES / minutes;
};

interface Started {
  readonly id: string;
  readonly schedule: string;
}

/** By a rule with a schedule. The tag of `!GetAtt Function.Arn` is not read: its text is. */
const byRules = (resources: readonly (readonly [id: string, resource: unknown])[]): readonly Started[] =>
  resources.flatMap(([, resource]) => {
    const schedule = at(resource, "Properties", "ScheduleExpression");
    if (typeof schedule !== "string") return [];
    const targets = [...listAt(resource, "Properties", "Targets"), at(resource, "Properties", "Target")];
    return targets.flatMap((target) => {
      const id = String(at(target, "Arn") ?? "").replace(/\.Arn$/, "");
      return id === "" ? [] : [{ id, schedule }];
    });
  });

/** By an event in the function's own definition. */
const byEvents = (resources: readonly (readonly [id: string, resource: unknown])[]): readonly Started[] =>
  resources.flatMap(([id, resource]) =>
    Object.values(Object(at(resource, "Properties", "Events"))).flatMap((event) => {
      const schedule = at(event, "Properties", "Schedule") ?? at(event, "Properties", "ScheduleExpression");
      return typeof schedule === "string" ? [{ id, schedule }] : [];
    }),
  );

const isAlarm = (resource: unknown): boolean => at(resource, "Type") === "AWS::CloudWatch::Alarm";

/** An alarm on an expression is paid for each metric that it reads. */
const metricsWatched = (alarm: unknown): number =>
  Math.max(1, listAt(alarm, "Properties", "Metrics").filter((query) => at(query, "MetricStat")).length);

/**
 * @param text a template in YAML
 * @throws ConfigurationError for a schedule that is not a rate
 */
export const restingStack = (text: string): RestingStack => {
  const template: unknown = parseDocument(text, { logLevel: "silent" }).toJS({ maxAliasCount: -1 });
  const resources = Object.entries(Object(at(template, "Resources"))) as [string, unknown][];
  const globals = at(template, "Globals", "Function");
  const scheduledBy = ({ id, schedule }: Started): ScheduledFunction => {
    const own = at(template, "Resources", id, "Properties");
    return {
      id,
      calls: callsOf(schedule),
      memoryMiB: Number(at(own, "MemorySize") ?? at(globals, "MemorySize")),
      isTraced: (at(own, "Tracing") ?? at(globals, "Tracing")) === "Active",
    };
  };
  const ofType = (type: string): number => resources.filter(([, one]) => at(one, "Type") === type).length;
  return {
    alarms: resources
      .map(([, one]) => one)
      .filter(isAlarm)
      .reduce<number>((sum, alarm) => sum + metricsWatched(alarm), 0),
    dashboards: ofType("AWS::CloudWatch::Dashboard"),
    scheduled: [...byRules(resources), ...byEvents(resources)].map(scheduledBy),
  };
};
