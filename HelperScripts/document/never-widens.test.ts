import fc from "fast-check";
import { readMapping } from "../../Core/routing/mapping-reading";
import type { StoredRow } from "../../Core/routing/mapping-state";
import { decide, type RouteDecision, type RoutedJob, type RoutingSettings } from "../../Core/routing/routing";
import { parseRoutingSettings } from "../../Core/routing/routing-settings";
import { ACCOUNT, DeploymentDouble, functionArn, REGION } from "../testing/deployment-double";
import { pulledDocument } from "./pulled-document";
import { readDocument } from "./read-document";

/** Unmapped jobs get nothing, so that every runner given is a row's. */
const SETTINGS: RoutingSettings = {
  ...parseRoutingSettings(new DeploymentDouble().environment, { region: REGION, account: ACCOUNT }),
  unmappedJobs: "IGNORE",
};
const SCHEMA = "./runner-mapping.schema.json";
const NAMES = ["build", "build#1", "build 1/2", "100%", "100%25", "*", "%2A", "a", "a ", "\ud800"];
const TAGS = ["rt", "x", "y#z", "50%", "a,b", "%23"];
const PROJECTS = [1, 42];

const jobs: readonly RoutedJob[] = PROJECTS.flatMap((projectId) =>
  NAMES.flatMap((name) =>
    [[], ["rt"], ["x"], ["x", "rt"], ["y#z"], ["50%"], ["a,b"], ["%23", "x"]].flatMap((tags) =>
      [true, false].map((verified) => ({ projectId, name, tags, verified })),
    ),
  ),
);

const byKey = (rows: readonly StoredRow[]): ReadonlyMap<string, readonly StoredRow[]> => {
  const found = new Map<string, StoredRow[]>();
  for (const row of rows) found.set(row.pk, [...(found.get(row.pk) ?? []), row]);
  return found;
};

/** What decides about the runner; undefined: no runner. */
const runnerOf = (decided: RouteDecision): unknown =>
  decided.kind === "route" ? [decided.runnerClass, decided.functionArn, decided.tags] : undefined;

const runners = (rows: readonly StoredRow[]): readonly unknown[] => {
  const keyed = byKey(rows);
  return jobs.map((job) => runnerOf(decide(job, keyed, SETTINGS)));
};

const pull = (rows: readonly StoredRow[]): string | undefined =>
  pulledDocument(readMapping(rows, SETTINGS), SCHEMA).text;

/** The rows that an upload of the document leaves in an empty table: none when it is refused. */
const uploaded = (text: string | undefined): readonly StoredRow[] => {
  const reading = text === undefined ? undefined : readDocument(text, SETTINGS);
  return reading?.errors.length === 0 ? reading.rows : [];
};

const CLASSES = { docker: { type: "EC2", privileged: true }, short: { type: "LAMBDA", projects: [42] } };

const entry = fc
  .record(
    {
      name: fc.constantFrom(...NAMES),
      tags: fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 3 }),
      project: fc.constantFrom(...PROJECTS),
      runner: fc.constantFrom(
        { type: "EC2" },
        { type: "EC2", class: "docker" },
        { type: "LAMBDA", lambdaArn: functionArn("one") },
        { type: "LAMBDA", lambdaArn: functionArn("two"), class: "short" },
      ),
    },
    { requiredKeys: ["name", "runner"] },
  )
  .map(({ runner, ...rest }) => ({ ...runner, ...rest }));

const row = fc
  .record({
    pk: fc.oneof(
      fc.tuple(
        fc.constantFrom("job#", "project#42#job#", "project#1#job#", "Job#"),
        fc.constantFrom(...NAMES),
      ),
      fc.tuple(
        fc.constantFrom("job#", "project#42#job#"),
        fc.constantFrom("build%231", "100%25", "%2a", "#", ""),
      ),
    ),
    sk: fc.oneof(
      fc.constantFrom("tags", "tags#", "tags#rt", "tags#x#rt", "tags#rt#x", "tags##rt", "tags#rt ", "tag#rt"),
      fc.constantFrom("tags#y%23z", "tags#50%", "tags#50%25", "tags#a,b", "tags#%2523#x"),
    ),
    fields: fc.constantFrom<object>(
      { type: "EC2" },
      { type: "EC2", class: "docker" },
      { type: "EC2", class: "gone" },
      { type: "EC2", arn: functionArn("one") },
      { type: "LAMBDA", arn: functionArn("one") },
      { type: "LAMBDA", arn: "arn:aws:lambda:eu-west-1:999999999999:function:other" },
      { type: "LAMBDA" },
      { type: "FARGATE" },
      { type: "EC2", note: "by hand" },
    ),
  })
  .map(({ pk, sk, fields }): StoredRow => ({ ...fields, pk: pk.join(""), sk }));

const classRow = fc.constantFrom<StoredRow>(
  { pk: "class#docker", sk: "class", type: "EC2", privileged: true },
  { pk: "class#docker", sk: "note", type: "EC2", privileged: false },
  { pk: "class#a#b", sk: "class", type: "EC2" },
  { pk: "class#default", sk: "class", type: "EC2", diskGiB: 900 },
);

const table = fc.uniqueArray(fc.oneof({ weight: 5, arbitrary: row }, { weight: 1, arbitrary: classRow }), {
  maxLength: 6,
  selector: ({ pk, sk }) => JSON.stringify([pk, sk]),
});

describe("the mapping never widens", () => {
  it("a document that is uploaded and pulled routes every job as it did", () => {
    const routes = { some: 0 };
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        const rows = uploaded(JSON.stringify({ classes: CLASSES, jobs: entries }));
        const before = runners(rows);
        routes.some += before.some((each) => each !== undefined) ? 1 : 0;
        expect(runners(uploaded(pull(rows)))).toEqual(before);
      }),
      { numRuns: 300 },
    );
    // So many of the runs compare runners; the others, that there are none.
    expect(routes.some).toBeGreaterThan(50);
  });

  it("what is pulled of any rows gives no job a runner that the rows did not give it", () => {
    const routes = { some: 0 };
    fc.assert(
      fc.property(table, (rows) => {
        const before = runners(rows);
        const after = runners(uploaded(pull(rows)));
        routes.some += after.some((each) => each !== undefined) ? 1 : 0;
        const widened = jobs.filter((_, index) => after[index] !== undefined);
        const index = (job: RoutedJob) => jobs.indexOf(job);
        for (const job of widened) expect([job, after[index(job)]]).toEqual([job, before[index(job)]]);
      }),
      { numRuns: 1_000 },
    );
    // So many of the runs compare runners; the others, that there are none.
    expect(routes.some).toBeGreaterThan(50);
  });

  it("every row that jobs reach and that gives no runner is said", () => {
    const isReached = (one: StoredRow): boolean =>
      jobs.some((job) => decide(job, byKey([one]), SETTINGS).kind === "failed");
    fc.assert(
      fc.property(row.filter(isReached), (one) => {
        const { flaws } = readMapping([one], SETTINGS);
        expect(flaws.some(({ kind }) => kind !== "odd")).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
