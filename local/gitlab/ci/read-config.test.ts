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
a: { script: [x], rules: [{ if: $X }], artifacts: {} }
child: { trigger: group/project }
`);
  expect(notes).toEqual([
    "include is not read: paste the merged file (Pipeline editor, Full configuration)",
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
  ["stages: [x]", "No stages / jobs"],
  ["- a", "must be a map of jobs"],
])("refuses %j and says why", (text, why) => {
  expect(refusal(text)).toContain(why);
});
