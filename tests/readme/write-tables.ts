import { readFileSync, writeFileSync } from "node:fs";
import { COST_PAGE, withCostFigures, withCostTable } from "./cost-table";
import { ID_PAGES, withShownTests } from "./id-tables";
import { PARAMETER_PAGE, withTables } from "./parameter-table";
import { testTitles } from "./test-titles";

/** `npm run docs`: writes the templates' parameters into docs/stacks.md, the cost at rest into docs/cost.md and the README, and test titles into the tables of ids. */
const root = `${__dirname}/../..`;
const rewrite = (page: string, change: (text: string) => string): void =>
  writeFileSync(`${root}/${page}`, change(readFileSync(`${root}/${page}`, "utf8")));

rewrite(PARAMETER_PAGE, (text) => withTables(text, root));
rewrite(COST_PAGE, (text) => withCostTable(text, root));
rewrite("README.md", (text) => withCostFigures(text, root));
const titles = testTitles();
for (const page of ID_PAGES) rewrite(page, (text) => withShownTests(text, titles));
