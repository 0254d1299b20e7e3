import { ID, type TestTitle } from "./test-titles";

/** The pages that define ids, each in tables whose first column is the id. */
export const ID_PAGES = ["docs/invariants.md", "docs/faults.md", "docs/protocol.md"] as const;

/** A row of a table of ids. */
export interface IdRow {
  readonly id: string;
  readonly says: string;
  /** The test that shows it, or the reason why none does. */
  readonly last: string;
  /** It is in the list of ids that are in no test title. */
  readonly isExcused: boolean;
}

const ROW = /^\| (trace \d+|[ITFSLP]-\d+) \| (.*) \|(.*)\|$/;
const EXCUSED_HEAD = "| id | what it says | why no test title carries it |";

/** The rows of a page, or of several put together, in their order. */
export const idRows = (page: string): readonly IdRow[] => {
  let isExcused = false;
  return page.split("\n").flatMap((line) => {
    if (line.startsWith("| id |")) isExcused = line === EXCUSED_HEAD;
    const [, id = "", says = "", last = ""] = ROW.exec(line) ?? [];
    return id === "" ? [] : [{ id, says, last: last.trim(), isExcused }];
  });
};

/** A title as a table shows it: its text and the name of its file. */
const shown = ({ text, file }: TestTitle): string => `${text.replaceAll("|", "\\|")} (\`${file}\`)`;

const PLACEHOLDER = /%[a-z]|\$\w/;
/** How well a title explains itself; lower is better: no placeholders, few other ids, a medium length. */
const rank = ({ text, ids }: TestTitle): number =>
  (PLACEHOLDER.test(text) ? 1000 : 0) + ids.length * 20 + Math.abs(text.length - 70);

/** The titles with an id, the clearest first. */
const titlesOf = (id: string, titles: readonly TestTitle[]): readonly TestTitle[] =>
  titles
    .filter(({ ids }) => ids.includes(id))
    .sort((one, other) => rank(one) - rank(other) || (shown(one) < shown(other) ? -1 : 1));

const isShown = ({ id, last }: IdRow, titles: readonly TestTitle[]): boolean =>
  titles.some((title) => title.ids.includes(id) && shown(title) === last);

/** A page whose rows each name an existing test. Rows that are correct stay as they are. */
export const withShownTests = (page: string, titles: readonly TestTitle[]): string => {
  const rows = idRows(page);
  const fresh = (line: string): string => {
    const id = ROW.exec(line)?.[1];
    const row = rows.find((one) => one.id === id);
    if (row === undefined || row.isExcused || isShown(row, titles)) return line;
    const [best] = titlesOf(row.id, titles);
    return `| ${row.id} | ${row.says} | ${best === undefined ? "" : `${shown(best)} `}|`;
  };
  return page.split("\n").map(fresh).join("\n");
};

const rowProblem = (row: IdRow, titles: readonly TestTitle[]): string | undefined => {
  const hasTest = titlesOf(row.id, titles).length > 0;
  if (row.isExcused && hasTest) return `${row.id} has a test: remove it from the list of those without`;
  if (row.isExcused) return row.last === "" ? `${row.id} has no test and no reason` : undefined;
  if (!hasTest) return `${row.id} is in no test title: add it to one, or list it with a reason`;
  return isShown(row, titles) ? undefined : `${row.id} names a test that does not exist: npm run docs`;
};

/** What is wrong with the definitions, one sentence each. */
export const definitionProblems = (
  rows: readonly IdRow[],
  titles: readonly TestTitle[],
): readonly string[] => {
  const twice = rows.filter(({ id }, at) => rows.findIndex((row) => row.id === id) !== at);
  return [
    ...twice.map(({ id }) => `${id} is defined twice`),
    ...rows.flatMap((row) => rowProblem(row, titles) ?? []),
  ];
};

/** Ids in a text; of "traces 2, 11" both. */
export const idsIn = (text: string): readonly string[] => [
  ...(text.match(ID) ?? []),
  ...[...text.matchAll(/\btraces ((?:\d+(?:, | and )?)+)/g)].flatMap(
    ([, numbers = ""]) => numbers.match(/\d+/g)?.map((number) => `trace ${number}`) ?? [],
  ),
];
