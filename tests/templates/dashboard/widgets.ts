import { type AskedMetric, awsFaults, metricFaults, OWN, unwritten } from "../alarms/metric-faults";
import { asList, asMap, at, resource, type Template, type Value } from "../read-template";

/** A line of a widget: a metric, or those that an expression finds. */
export interface Line {
  readonly widget: string;
  readonly stat: string;
  readonly asked: AskedMetric;
  /** The names of the dimensions that it is found by; absent: it is asked for by their values. */
  readonly foundBy?: readonly string[];
}

/** The dashboard's body as the template has it: each reference to another resource is still in its text. */
export const bodyOf = (template: Template): Value => {
  const [text] = asList(at(resource(template, "OperationsDashboard").properties, "DashboardBody", "Fn::Sub"));
  return JSON.parse(String(text).replace(/\[\$\{Alarms\}\]/, "[]")) as Value;
};

/** Its widgets, the alarms' among them. */
export const widgetsOf = (template: Template): readonly Value[] => asList(asMap(bodyOf(template)).widgets);

/** `${Function}` and `${Queue.Name}` as the template's other resources name them. */
const reference = (text: string): Value => {
  const [, id = "", attribute] = /^\$\{(\w+)(?:\.(\w+))?\}$/.exec(text) ?? [];
  if (id === "") return text;
  return attribute === undefined ? { Ref: id } : { "Fn::GetAtt": [id, attribute] };
};

const pairs = (flat: readonly Value[]): AskedMetric["dimensions"] =>
  flat.flatMap((name, index) =>
    index % 2 === 0 ? [{ name: String(name), value: reference(String(flat[index + 1])) }] : [],
  );

const SEARCH = /^SEARCH\('\{(\w+),([\w,]+)\} MetricName="(\w+)" Deployment="([^"]+)"', '(\w+)', (\d+)\)$/;

const searched = (widget: string, expression: string): Line => {
  const [, namespace = "", names = "", name = "", deployment = "", stat = ""] = SEARCH.exec(expression) ?? [];
  return {
    widget,
    stat,
    asked: { namespace, name, dimensions: [{ name: "Deployment", value: reference(deployment) }] },
    foundBy: names.split(","),
  };
};

const lineOf = (widget: string, written: Value): Line => {
  const parts = asList(written);
  const options = asMap(parts.at(-1));
  if (options.expression !== undefined) return searched(widget, String(options.expression));
  const [namespace, name, ...dimensions] = parts.slice(0, -1);
  return {
    widget,
    stat: String(options.stat),
    asked: { namespace: String(namespace), name: String(name), dimensions: pairs(dimensions) },
  };
};

/** All lines of all its widgets. */
export const linesOf = (template: Template): readonly Line[] =>
  widgetsOf(template).flatMap((widget) =>
    asList(at(widget, "properties", "metrics")).map((written) =>
      lineOf(String(at(widget, "properties", "title")), written),
    ),
  );

const DEPLOYMENT = JSON.stringify({ "Fn::GetAtt": ["DeploymentIdParameter", "Value"] });

const isOfDeployment = ({ dimensions }: AskedMetric): boolean =>
  JSON.stringify(dimensions.find(({ name }) => name === "Deployment")?.value) === DEPLOYMENT;

const searchFaults = ({ namespace, name }: AskedMetric, names: readonly string[]): readonly string[] =>
  namespace === OWN ? unwritten(name, names) : awsFaults(namespace, name, names);

/** Why a line never has data, or another deployment's too. */
export const lineFaults = (template: Template, { widget, asked, foundBy }: Line): readonly string[] =>
  [
    ...(foundBy === undefined ? metricFaults(template, asked) : searchFaults(asked, foundBy)),
    ...(asked.namespace === OWN && !isOfDeployment(asked) ? ["is not this deployment's"] : []),
  ].map((fault) => `${widget}: ${fault}`);
