import { join } from "node:path";
import { type ParsedTemplate, readTemplate } from "../engine/template-file";
import type { DashboardView, WidgetLine, WidgetView } from "../gitlab/page/laptop-status";
import type { MetricStore, Series } from "./metric-store";

/** The dashboard of AutoScaler's template, drawn from the metrics of this machine. */

const SECONDS_PER_POINT = 10;
const POINTS = 60;
const MAX_LINES = 8;

/** A line as the template has it. */
interface Line {
  readonly namespace: string;
  readonly name: string;
  readonly stat: string;
  readonly label: string;
  /** Values of dimensions that it asks for; of some only the names are given. */
  readonly dimensions: Readonly<Record<string, string | undefined>>;
}

interface Widget {
  readonly title: string;
  readonly lines: readonly Line[];
}

const SEARCH = /^SEARCH\('\{(\w+),([\w,]+)\} MetricName="(\w+)" [^']*', '(\w+)', \d+\)$/;
const REFERENCE = /^\$\{(\w+)(\.\w+)?\}$/;
const PUBLISHED = /\/infrastructure\/([a-z-]+)\}\}$/;

const subOf = (value: unknown): string => {
  const sub: unknown = Reflect.get(Object(value), "Fn::Sub");
  return String(Array.isArray(sub) ? sub[0] : sub);
};

/** The resource behind a reference; of what Infrastructure publishes the one that it publishes. */
const resourceOf = (
  text: string,
  template: ParsedTemplate,
  infrastructure: ParsedTemplate,
): string | undefined => {
  const [, id = ""] = REFERENCE.exec(text) ?? [];
  const leaf = PUBLISHED.exec(subOf(template.Resources[id]?.Properties?.Value))?.[1];
  if (leaf === undefined) return id === "" ? undefined : id;
  const parameter = Object.values(infrastructure.Resources).find(({ Properties }) =>
    subOf(Properties?.Name).endsWith(`/infrastructure/${leaf}`),
  );
  const ref: unknown = Reflect.get(Object(parameter?.Properties?.Value), "Ref");
  return typeof ref === "string" ? ref : undefined;
};

type Resolve = (text: string) => string | undefined;

const searched = (expression: string): Line => {
  const [, namespace = "", names = "", name = "", stat = ""] = SEARCH.exec(expression) ?? [];
  const dimensions = Object.fromEntries(names.split(",").map((key) => [key, undefined]));
  return { namespace, name, stat, label: "", dimensions };
};

const lineOf = (written: readonly unknown[], resolve: Resolve): Line => {
  const options = Object(written.at(-1)) as Readonly<Record<string, unknown>>;
  if (typeof options.expression === "string") return searched(options.expression);
  const [namespace, name, ...pairs] = written.slice(0, -1).map(String);
  const dimensions = pairs.flatMap((key, index) =>
    index % 2 === 0 ? [[key, key === "Deployment" ? undefined : resolve(pairs[index + 1] ?? "")]] : [],
  );
  return {
    namespace: namespace ?? "",
    name: name ?? "",
    stat: String(options.stat),
    label: String(options.label),
    dimensions: Object.fromEntries(dimensions),
  };
};

interface WrittenWidget {
  readonly type: string;
  readonly properties: { readonly title: string; readonly metrics: readonly (readonly unknown[])[] };
}

/**
 * @param root the clone whose templates are deployed
 * @returns none where the template has no dashboard
 */
export const readDashboard = (root: string): readonly Widget[] => {
  const [template, infrastructure] = ["AutoScaler", "Infrastructure"].map((stack) =>
    readTemplate(join(root, stack, "template.yaml")),
  ) as [ParsedTemplate, ParsedTemplate];
  const dashboard = template.Resources.OperationsDashboard;
  if (dashboard === undefined) return [];
  const text = subOf(dashboard.Properties?.DashboardBody);
  const { widgets } = JSON.parse(text.replace(/\[\$\{\w+\}\]/, "[]")) as { widgets: WrittenWidget[] };
  const resolve: Resolve = (value) => resourceOf(value, template, infrastructure);
  return widgets
    .filter(({ type }) => type === "metric")
    .map(({ properties: { title, metrics } }) => ({
      title,
      lines: metrics.map((written) => lineOf(written, resolve)),
    }));
};

const isOf = ({ dimensions }: Series, asked: Line["dimensions"]): boolean =>
  Object.keys(dimensions).length === Object.keys(asked).length &&
  Object.entries(asked).every(
    ([name, value]) =>
      name in dimensions && (name === "Deployment" || value === undefined || dimensions[name] === value),
  );

const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
};

/** CloudWatch's statistic of a period's values; null: it had none. */
const statistic = (stat: string, values: readonly number[]): number | null => {
  if (stat === "Sum") return values.reduce((sum, value) => sum + value, 0);
  if (values.length === 0) return null;
  return stat === "Maximum" ? Math.max(...values) : percentile(values, Number(stat.slice(1)) / 100);
};

const pointsOf = ({ values }: Series, stat: string, now: number): readonly (number | null)[] => {
  const period = SECONDS_PER_POINT * 1_000;
  const first = (Math.floor(now / period) - POINTS + 1) * period;
  const buckets = Array.from({ length: POINTS }, (): number[] => []);
  for (const { at, value } of values) buckets[Math.floor((at - first) / period)]?.push(value);
  return buckets.map((bucket) => statistic(stat, bucket));
};

const labelOf = ({ label }: Line, { dimensions }: Series): string =>
  label ||
  Object.entries(dimensions)
    .flatMap(([name, value]) => (name === "Deployment" ? [] : [value]))
    .join(" ");

/** A metric that stands in the template by its values has its line before anything was put; one that is searched for has none. */
const drawn = (store: MetricStore, line: Line): readonly WidgetLine[] => {
  const found = store.named(line.namespace, line.name).filter((series) => isOf(series, line.dimensions));
  const lines = found.map((series) => ({
    label: labelOf(line, series),
    points: pointsOf(series, line.stat, store.now()),
  }));
  return lines.length === 0 && line.label !== "" ? [{ label: line.label, points: [] }] : lines;
};

/** What the page shows of the dashboard at this moment. */
export const dashboardView = (widgets: readonly Widget[], store: MetricStore): DashboardView => ({
  secondsPerPoint: SECONDS_PER_POINT,
  widgets: widgets.map(
    ({ title, lines }): WidgetView => ({
      title,
      lines: lines.flatMap((line) => drawn(store, line)).slice(0, MAX_LINES),
    }),
  ),
});
