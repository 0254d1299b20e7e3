import { ApiError } from "../api/api-error";
import { readCiConfig } from "./read-config";

const jobs = (text: string) => readCiConfig(text).jobs;

const refusal = (text: string): string => {
  try {
    readCiConfig(text);
  } catch (error) {
    if (error instanceof ApiError) return JSON.stringify(error.body);
    throw error;
  }
  return "read";
};

it("reads stages, tags, image, services, script, needs, manual jobs and allowed failures", () => {
  const [build, lint, deploy] = jobs(`
stages: [compile, check, ship]
deploy:
  stage: ship
  when: manual
  script: ./deploy
build:
  stage: compile
  image: { name: "golang:1.24", entrypoint: [""] }
  services: [postgres:17, { name: redis:8 }]
  tags: [docker]
  script: [make, [make install]]
lint:
  stage: check
  needs: [{ job: build, artifacts: false }]
  allow_failure: { exit_codes: 3 }
  timeout: 1h 30m
  script: make lint
`);
  expect(build).toMatchObject({
    name: "build",
    image: "golang:1.24",
    services: ["postgres:17", "redis:8"],
    tags: ["docker"],
    script: ["make", "make install"],
  });
  expect(lint).toMatchObject({ name: "lint", needs: ["build"], allowFailure: true, timeoutSeconds: 5_400 });
  expect(deploy).toMatchObject({ name: "deploy", when: "manual", allowFailure: true });
});

it("gives a job what it has from default, extends, anchors, global variables and references", () => {
  const [test] = jobs(`
default:
  tags: [aws]
  before_script: [prepare]
variables: { LEVEL: low, PLACE: { value: here, description: where } }
.setup: { script: [install] }
.base: &base
  retry: 1
  variables: { LEVEL: high }
.more: { extends: .base, image: alpine }
test:
  extends: [.more]
  script: [!reference [.setup, script], run]
`);
  expect(test).toMatchObject({
    tags: ["aws"],
    image: "alpine",
    retry: { max: 1, when: ["always"] },
    variables: { LEVEL: "high", PLACE: "here" },
    script: ["prepare", "install", "run"],
  });
});

it("takes of default and of global variables what a job's inherit says", () => {
  const [all, some, none] = jobs(`
default: { tags: [aws], image: alpine, retry: 1 }
variables: { A: "1", B: "2" }
all: { inherit: { default: true }, script: [t] }
some: { inherit: { default: [tags], variables: [B] }, script: [t] }
none: { inherit: { default: false, variables: false }, script: [t], variables: { C: "3" } }
`);
  expect(all).toMatchObject({ tags: ["aws"], image: "alpine", variables: { A: "1", B: "2" } });
  expect(some).toMatchObject({ tags: ["aws"], retry: { max: 0 }, variables: { B: "2" } });
  expect(some).not.toHaveProperty("image");
  expect(none).toMatchObject({ tags: [], variables: { C: "3" } });
});

it("reads anchors, lists of merge keys and references in references", () => {
  const [test] = jobs(`
.tags: &tags { tags: [aws] }
.image: &image { image: alpine, retry: 1 }
.lines: &lines [one, two]
.more: { script: [!reference [.last, script]] }
.last: { script: [three] }
test:
  <<: [*tags, *image]
  retry: 0
  before_script: *lines
  script: [!reference [.more, script], four]
`);
  expect(test).toMatchObject({ tags: ["aws"], image: "alpine", retry: { max: 0 } });
  expect(test?.script).toEqual(["one", "two", "three", "four"]);
});

it("needs no job that is optional and missing, or of another pipeline", () => {
  const [, test] = jobs(`
build: { stage: build, script: [b] }
test: { script: [t], needs: [build, { job: lint, optional: true }, { project: a/b, job: c, ref: main }] }
`);
  expect(test?.needs).toEqual(["build"]);
});

it("names parallel jobs as GitLab does, and gives each its variables", () => {
  const all = jobs(`
unit: { parallel: 2, script: [t] }
e2e: { parallel: { matrix: [{ OS: [linux, mac], V: 1 }] }, script: [t] }
`);
  expect(all.map(({ name }) => name)).toEqual(["unit 1/2", "unit 2/2", "e2e: [linux, 1]", "e2e: [mac, 1]"]);
  expect(all[1]?.variables).toEqual({ CI_NODE_INDEX: "2", CI_NODE_TOTAL: "2" });
  expect(all[3]?.variables).toEqual({ OS: "mac", V: "1", CI_NODE_INDEX: "2", CI_NODE_TOTAL: "2" });
});

it("reads caches with the defaults, keys and policies that GitLab has", () => {
  const all = jobs(`
default: { cache: { key: shared, paths: [lib] } }
plain: { script: [t] }
own: { script: [t], cache: { paths: [a, b], policy: pull, unprotect: true } }
two: { script: [t], cache: [{ key: { files: [lock], prefix: npm }, paths: [a] }, { key: $CI_COMMIT_REF_NAME, paths: [b], when: always }] }
none: { script: [t], cache: [] }
`);
  const usual = { policy: "pull-push", when: "on_success", unprotect: false };
  expect(all.map(({ caches }) => caches)).toEqual([
    [{ ...usual, key: "shared", paths: ["lib"] }],
    [{ ...usual, key: "default", paths: ["a", "b"], policy: "pull", unprotect: true }],
    [
      { ...usual, key: "npm-default", paths: ["a"] },
      { ...usual, key: "$CI_COMMIT_REF_NAME", paths: ["b"], when: "always" },
    ],
    [],
  ]);
});

it("puts a job's variables into its tags", () => {
  const all = jobs(`
build: { parallel: { matrix: [{ ARCH: [arm64, x86_64] }] }, tags: ["aws:arch=$ARCH", "a-\${ARCH}-b", "x$NOTHING"], script: [t] }
`);
  expect(all.map(({ tags }) => tags)).toEqual([
    ["aws:arch=arm64", "a-arm64-b", "x"],
    ["aws:arch=x86_64", "a-x86_64-b", "x"],
  ]);
});

it("says what of the file it leaves out", () => {
  const { notes } = readCiConfig(`
include: [other.yml]
workflow: { rules: [{ if: $X }] }
a: { script: [x], rules: [{ if: $X }], artifacts: {} }
child: { trigger: group/project }
`);
  expect(notes).toEqual([
    "include is not read: paste the merged file (Pipeline editor, Full configuration)",
    "workflow is not read: there is a pipeline each time",
    "child: triggers of other pipelines are left out",
    "a: artifacts are not stored",
    "a: rules are not read: the job is in every pipeline",
  ]);
});

it.each([
  ["{ no json", "at line 1"],
  ["a: { script: [x], stage: nowhere }", "chosen stage nowhere does not exist"],
  ["a: { script: [x], needs: [b] }", "'a' job needs 'b' job"],
  ["a: { extends: .b, script: [x] }", ".b: unknown keys in `extends`"],
  [".a: { extends: .a }\nb: { extends: .a, script: [x] }", "circular"],
  ["a: { script: [!reference [.b, script]] }", "could not be found"],
  ["a: { script: [x], parallel: 201 }", "1 to 200 jobs"],
  ["a: { script: [x], cache: { paths: x } }", "cache:paths must be a list"],
  ["a: { tags: [x] }", "script must be a list"],
  ["a: { script: [*b] }", "Unresolved alias"],
  ["a: { script: [!reference [a, script]] }", "is part of a circular chain"],
  ["a: { script: [!reference [constructor, name]] }", "could not be found"],
  ["spec: { inputs: { x: } }\n---\na: { script: [x] }", "paste the merged file"],
  ["stages: [x]", "No stages / jobs"],
  ["- a", "must be a map of jobs"],
])("refuses %j and says why", (text, why) => {
  expect(refusal(text)).toContain(why);
});

const series = (count: number, line: (at: number) => string, between = "\n"): string =>
  Array.from({ length: count }, (_, at) => line(at)).join(between);
const list = (count: number, one: (at: number) => string): string => series(count, one, ", ");

/** Each is small, and would become billions of values. */
const BOMBS: Readonly<Record<string, string>> = {
  anchors: `.b0: &b0 [x, x]\n${series(40, (n) => `.b${n + 1}: &b${n + 1} [*b${n}, *b${n}]`)}\na: { script: *b40 }`,
  references: `.b0: { s: [x, x] }\n${series(9, (n) => `.b${n + 1}: { s: [${list(20, () => `!reference [.b${n}, s]`)}] }`)}\na: { script: [!reference [.b9, s]] }`,
  extends: `.b: { variables: {${list(2_000, (n) => `V${n}: x`)} } }\n${series(900, (n) => `j${n}: { extends: .b, script: [x] }`)}`,
  "a chain of extends": `.b0: { script: [x] }\n${series(9, (n) => `.b${n + 1}: { extends: [${list(50, () => `.b${n}`)}] }`)}\na: { extends: .b9 }`,
};

describe("a file that would become too big", () => {
  it.each(["anchors", "references", "extends"])("is refused where it grows by %s", (kind) => {
    // Without limits this would not come to an end.
    expect(refusal(BOMBS[kind] ?? "")).toContain("The parsed YAML is too big: with anchors, references");
  });

  it("is read where a chain of extends names the same job over and over", () => {
    expect(refusal(BOMBS["a chain of extends"] ?? "")).toBe("read");
  });

  it.each([
    ["a longer text", `a: { script: [x] } # ${"x".repeat(512 * 1024)}`, "it has more than 512 KiB"],
    ["many levels", `a: ${"[".repeat(101)}${"]".repeat(101)}`, "it is more than 100 levels deep"],
    ["brackets", `a: ${"[".repeat(200_000)}${"]".repeat(200_000)}`, "it is more than 100 levels deep"],
    ["lists in one line", `a: \n  ${"- ".repeat(200_000)}`, "it is more than 100 levels deep"],
    ["indentation", series(1_000, (n) => `${" ".repeat(n)}a:`), "it is more than 100 levels deep"],
    ["many anchors", series(5_001, (n) => `.a${n}: &a${n} x`), "more than 5000 anchors and aliases"],
    ["many jobs", series(1_001, (n) => `j${n}: { script: [x] }`), "1001 jobs, and 1000 at most"],
    ["many parallel jobs", series(6, (n) => `j${n}: { parallel: 200, script: [x] }`), "1000 at most"],
    [
      "a matrix",
      `a: { script: [x], parallel: { matrix: [{ ${list(9, (n) => `V${n}: [1,2,3,4,5,6,7,8,9]`)} }] } }`,
      "1 to 200 jobs",
    ],
  ])("is refused: %s", (_, text, why) => {
    expect(refusal(text)).toContain(why);
  });

  it("is none where a thousand jobs share an anchor of two hundred lines", () => {
    const jobsOfIt = series(1_000, (n) => `j${n}: { script: *lines }`);
    // What an anchor stands for counts once for each use.
    expect(refusal(`.l: &lines [${list(180, () => "x")}]\n${jobsOfIt}`)).toBe("read");
  });
});
