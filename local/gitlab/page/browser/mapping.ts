import type { PageState } from "../page-state";
import { byId, make, setText } from "./dom";

const NOTHING = "Nothing is mapped yet: a job gets the default runner.";
const REST = "A job that no row fits gets the default runner.";

let shown = "";

/** The mapping as a table. It is built anew only when it changed, so as not to disturb selections. */
export const showMapping = ({ mapping = [] }: PageState): void => {
  const text = JSON.stringify(mapping);
  if (text === shown) return;
  shown = text;
  byId("mapping").hidden = mapping.length === 0;
  setText(byId("mapping-note"), mapping.length === 0 ? NOTHING : REST);
  const rows = mapping.map(({ job, tags, runner }) =>
    make(
      "tr",
      "",
      make("td", "", job),
      make("td", "", ...tags.map((tag) => make("span", "tag", tag))),
      make("td", "", runner),
    ),
  );
  byId("mapping")
    .querySelector("tbody")
    ?.replaceChildren(...rows);
};
