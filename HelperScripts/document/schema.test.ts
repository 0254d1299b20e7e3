import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import fc from "fast-check";
import { functionArn } from "../testing/deployment-double";
import { readDocument } from "./read-document";

const read = (name: string) => readFileSync(join(__dirname, "..", name), "utf8");
const validate = new Ajv({ strict: false }).compile(JSON.parse(read("runner-mapping.schema.json")));

const right = (document: unknown): readonly [boolean, boolean] => [
  validate(document),
  readDocument(JSON.stringify(document)).errors.length === 0,
];

/** What only the program can check: rows that repeat, classes that are not declared, keys that are too long. */
const ARN = functionArn("runner");
const sometimesWrong = <Value>(good: fc.Arbitrary<Value>) =>
  fc.oneof(
    { weight: 12, arbitrary: good },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 0, -1, 1.5, "", "x", [], {}, true, [""], [" a"]) },
  );
const job = fc.record(
  {
    type: sometimesWrong(fc.constantFrom("LAMBDA", "EC2", "MICROVM")),
    name: sometimesWrong(fc.constantFrom("a", "b c", "*")),
    tags: sometimesWrong(fc.array(fc.constantFrom("x", "y z"))),
    project: sometimesWrong(fc.integer({ min: 1, max: 9 })),
    lambdaArn: sometimesWrong(fc.constant(ARN)),
    extra: fc.constant(1),
  },
  { requiredKeys: ["type", "name"] },
);
const runnerClass = fc.record(
  {
    type: sometimesWrong(fc.constantFrom("LAMBDA", "EC2", "MICROVM")),
    architecture: sometimesWrong(fc.constantFrom("arm64", "x86_64")),
    instanceTypes: sometimesWrong(fc.constant(["m7g.large"])),
    market: sometimesWrong(fc.constantFrom("spot", "on-demand", "spot-first")),
    diskGiB: sometimesWrong(fc.constantFrom(8, 30, 16_384, 16_385)),
    privileged: sometimesWrong(fc.boolean()),
    refuseImages: sometimesWrong(fc.boolean()),
    shell: sometimesWrong(fc.boolean()),
    memoryMiB: sometimesWrong(fc.constantFrom(512, 8192, 600)),
    executor: sometimesWrong(fc.constantFrom("docker", "shell", "kubernetes")),
    image: sometimesWrong(fc.constantFrom("alpine:3.22", "a b", "-x")),
    fallback: sometimesWrong(fc.constantFrom("EC2", "LAMBDA", "MICROVM")),
    keepOnFailure: sometimesWrong(fc.constantFrom(1, 60, 61)),
    maxRunners: sometimesWrong(fc.constantFrom(1, 50)),
    priority: sometimesWrong(fc.constantFrom(-1_001, -1_000, 0, 1_000, 1_001)),
    lifetimeSeconds: sometimesWrong(fc.constantFrom(599, 600, 900, 901, 28_800, 28_801, 172_800, 172_801)),
    waitTimeoutSeconds: sometimesWrong(fc.constantFrom(1, 3600, 3601)),
    projects: sometimesWrong(fc.constant([1, 2])),
  },
  { requiredKeys: ["type"] },
);

const defaultClass = fc.record(
  {
    EC2: sometimesWrong(
      fc.record(
        {
          market: sometimesWrong(fc.constantFrom("spot", "on-demand", "spot-first")),
          lifetimeSeconds: sometimesWrong(fc.constantFrom(599, 600, 172_800, 172_801)),
          waitTimeoutSeconds: sometimesWrong(fc.constantFrom(1, 3600, 3601)),
          privileged: fc.constant(true),
        },
        { requiredKeys: [] },
      ),
    ),
    LAMBDA: sometimesWrong(
      fc.record(
        { lifetimeSeconds: fc.constantFrom(600, 900, 901), market: fc.constant("spot") },
        { requiredKeys: [] },
      ),
    ),
    MICROVM: sometimesWrong(
      fc.record(
        {
          memoryMiB: sometimesWrong(fc.constantFrom(1024, 1025)),
          fallback: sometimesWrong(fc.constantFrom("EC2", "MICROVM")),
          lifetimeSeconds: fc.constantFrom(600, 28_800, 28_801),
          keepOnFailure: fc.constant(5),
        },
        { requiredKeys: [] },
      ),
    ),
    type: fc.constant("EC2"),
  },
  { requiredKeys: [] },
);

const entry = fc.constantFrom<unknown>(
  42,
  0,
  1.5,
  "42",
  "group/app",
  "Group/Sub.group/app-1",
  "group/*",
  "group/sub/*",
  "*",
  "group",
  "/app",
  "group/",
  "group/*/app",
  "group app/x",
  "group//app",
  null,
  {},
);
const spotBreaker = fc.record(
  {
    failures: sometimesWrong(fc.constantFrom(1, 20, 21)),
    withinMinutes: sometimesWrong(fc.constantFrom(1, 1_440, 1_441)),
    restMinutes: sometimesWrong(fc.constantFrom(1, 1_440, 1_441)),
    extra: fc.constant(1),
  },
  { requiredKeys: ["failures", "withinMinutes"] },
);
const queueTimeObjective = fc.record(
  {
    seconds: sometimesWrong(fc.constantFrom(1, 86_400, 86_401, 1.5)),
    percent: sometimesWrong(fc.constantFrom(80, 95, 99.9, 79.9, 100)),
    extra: fc.constant(1),
  },
  { requiredKeys: ["seconds"] },
);
const image = fc.constantFrom<unknown>(
  { arm64: "ami-0123456789abcdef0" },
  { arm64: "ami-01234567", x86_64: "ami-89abcdef" },
  { arm64: "resolve:ssm:/x" },
  { mips: "ami-01234567" },
  {},
  "ami-01234567",
);
const bounds = fc.record(
  {
    cpu: sometimesWrong(fc.constantFrom(1, 1_024, 1_025)),
    memory: sometimesWrong(fc.constantFrom(1, 32_768, 32_769)),
    disk: sometimesWrong(fc.constantFrom(7, 8, 16_384, 16_385)),
    images: sometimesWrong(
      fc.dictionary(fc.constantFrom("a", "a.b_c-1", "-a", "a b", "a=b"), image, { maxKeys: 2 }),
    ),
    classes: sometimesWrong(fc.array(fc.constantFrom("docker", "a b", "default", "-x"), { maxLength: 2 })),
    extra: fc.constant(1),
  },
  { requiredKeys: [] },
);
const budget = fc.record(
  {
    project: sometimesWrong(fc.constantFrom<unknown>(42, 43, 0, "42", "group/app", "group/*", "app")),
    usd: sometimesWrong(fc.constantFrom(0.5, 100, 10_000_000, 10_000_001, 0, -1)),
    hold: sometimesWrong(fc.boolean()),
    extra: fc.constant(1),
  },
  { requiredKeys: ["project", "usd"] },
);
/** A schema cannot say that each project is named once. */
const budgets = fc.uniqueArray(budget, { maxLength: 2, selector: ({ project }) => project });
const settings = fc.record(
  {
    projects: sometimesWrong(fc.array(entry, { maxLength: 2 })),
    maxRunners: sometimesWrong(fc.constantFrom(1, 100_000, 100_001)),
    maxRunnersPerClass: sometimesWrong(fc.constantFrom(1, 100_000, 100_001)),
    maxRunnersPerProject: sometimesWrong(fc.constantFrom(1, 100_000, 100_001)),
    unmappedJobs: sometimesWrong(fc.constantFrom("DEFAULT", "UNTAGGED", "IGNORE", "default")),
    spotBreaker: sometimesWrong(spotBreaker),
    queueTimeObjective: sometimesWrong(queueTimeObjective),
    budgets: sometimesWrong(budgets),
    extra: fc.constant(1),
  },
  { requiredKeys: [] },
);

describe("the mapping document's schema", () => {
  it("takes the shipped example, as the program does", () => {
    const example = JSON.parse(read("runner-mapping.json"));
    expect(right(example)).toEqual([true, true]);
    expect(readDocument(read("runner-mapping.json")).warnings).toEqual([]);
  });

  it("F-75: and the program agree on every job", () => {
    fc.assert(
      fc.property(job, (entry) => {
        const [bySchema, byProgram] = right({ jobs: [entry] });
        expect([entry, byProgram]).toEqual([entry, bySchema]);
      }),
      { numRuns: 200 },
    );
  });

  it("F-75: and the program agree on every class", () => {
    fc.assert(
      fc.property(
        runnerClass,
        fc.constantFrom("c", "default", "", "a b.c-d_e", "-x", "é"),
        (fields, name) => {
          const [bySchema, byProgram] = right({ jobs: [], classes: { [name]: fields } });
          expect([name, fields, byProgram]).toEqual([name, fields, bySchema]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("F-75: and the program agree on the class default", () => {
    fc.assert(
      fc.property(sometimesWrong(defaultClass), (fields) => {
        const [bySchema, byProgram] = right({ jobs: [], classes: { default: fields } });
        expect([fields, byProgram]).toEqual([fields, bySchema]);
      }),
      { numRuns: 200 },
    );
  });

  it("F-75: and the program agree on all settings", () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 20, arbitrary: settings }, fc.constantFrom(null, [], 1)), (fields) => {
        const [bySchema, byProgram] = right({ jobs: [], settings: fields });
        expect([fields, byProgram]).toEqual([fields, bySchema]);
      }),
      { numRuns: 300 },
    );
  });

  it("F-75: and the program agree on all bounds", () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 20, arbitrary: bounds }, fc.constantFrom(null, [], 1)), (fields) => {
        const [bySchema, byProgram] = right({ jobs: [], settings: { bounds: fields } });
        expect([fields, byProgram]).toEqual([fields, bySchema]);
      }),
      { numRuns: 400 },
    );
  });

  it("F-54: any text is read without an exception, and has rows only when nothing is wrong", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.record({ jobs: fc.array(fc.oneof(job, fc.jsonValue())) }).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(text, (document) => {
        const { errors } = readDocument(document);
        for (const { line, column, message } of errors) {
          expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
          expect(message).toMatch(/\S/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
