import type { WidgetLine, WidgetView } from "../laptop-status";
import type { PageState } from "../page-state";
import { arrange, byId, make, setAttribute, setText, svg } from "./dom";

const [WIDTH, HEIGHT, MARGIN] = [300, 90, 6];

const isThere = (value: number | null): value is number => value !== null;

const highest = (lines: readonly WidgetLine[]): number =>
  Math.max(0, ...lines.flatMap(({ points }) => points.filter(isThere))) || 1;

/** Where each value is drawn, those that are missing left out. */
const places = ({ points }: WidgetLine, most: number): readonly (readonly [x: number, y: number])[] =>
  points.flatMap((value, index) => {
    if (value === null) return [];
    const x = (index / Math.max(1, points.length - 1)) * (WIDTH - 2 * MARGIN) + MARGIN;
    const y = HEIGHT - MARGIN - (value / most) * (HEIGHT - 2 * MARGIN);
    return [[Number(x.toFixed(1)), Number(y.toFixed(1))]];
  });

const curve = (line: WidgetLine, index: number, most: number): SVGElement => {
  const drawn = places(line, most);
  const group = svg("g", { "data-series": String(index) });
  const polyline = svg("polyline", { points: drawn.map(([x, y]) => `${x},${y}`).join(" ") });
  group.append(polyline);
  for (const [x, y] of drawn.length < 10 ? drawn : []) {
    const circle = svg("circle", { cx: String(x), cy: String(y), r: "2" });
    group.append(circle);
  }
  return group;
};

const number = (value: number): string => String(Number(value.toPrecision(3)));

/** The last value that there was. */
const lastOf = ({ points }: WidgetLine): string => {
  const last = points.filter(isThere).at(-1);
  return last === undefined ? "–" : number(last);
};

const legendOf = ({ label, ...line }: WidgetLine, index: number): HTMLLIElement => {
  const entry = make("li", "", make("span", "", label), make("span", "last", lastOf({ label, ...line })));
  entry.dataset.series = String(index);
  return entry;
};

interface ShownWidget {
  readonly element: HTMLElement;
  readonly title: HTMLElement;
  readonly legend: HTMLElement;
  readonly chart: SVGElement;
}

const newWidget = (): ShownWidget => {
  const [title, legend] = [make("h3"), make("ul")];
  const chart = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
  });
  const element = make("section", "widget", title, chart, legend);
  return { element, title, legend, chart };
};

const shown: ShownWidget[] = [];

const showWidget = ({ title, legend, chart }: ShownWidget, view: WidgetView): void => {
  const most = highest(view.lines);
  setText(title, view.title);
  const said = view.lines.map((line) => `${line.label} ${lastOf(line)}`).join(", ");
  setAttribute(chart, "aria-label", `${view.title}: ${said || "nothing yet"}`);
  chart.replaceChildren(...view.lines.map((line, index) => curve(line, index, most)));
  legend.replaceChildren(
    ...(view.lines.length === 0 ? [make("li", "", "nothing yet")] : view.lines.map(legendOf)),
  );
};

/** The dashboard's widgets, in the template's order. */
export const showDashboard = ({ dashboard }: PageState): void => {
  const widgets = dashboard?.widgets ?? [];
  byId("dashboard").hidden = widgets.length === 0;
  while (shown.length < widgets.length) shown.push(newWidget());
  arrange(
    byId("widgets"),
    shown.slice(0, widgets.length).map(({ element }) => element),
  );
  for (const [index, view] of widgets.entries()) {
    const widget = shown[index];
    if (widget !== undefined) showWidget(widget, view);
  }
};
