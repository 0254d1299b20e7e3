import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { route, type StoredRow } from "../../Core/routing/routing";
import { parseRoutingSettings } from "../../Core/routing/routing-settings";
import { readDocumentFile } from "../../HelperScripts/document/read-document";
import { ACCOUNT, DeploymentDouble, REGION } from "../../HelperScripts/testing/deployment-double";
import { readCiConfig } from "../../local/gitlab/ci/read-config";
import { allows } from "../templates/iam";
import { asList, asMap, at, ofType, parseTemplate } from "../templates/read-template";
import { resolve } from "../templates/resolve";

const SETTINGS = parseRoutingSettings(new DeploymentDouble().environment, {
  region: REGION,
  account: ACCOUNT,
});
const EXAMPLES = join(__dirname, "../../examples");
const PROJECT = 42;
const folders = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((each) =>
  each.isDirectory() ? [each.name] : [],
);

const configOf = (folder: string) =>
  readCiConfig(readFileSync(join(EXAMPLES, folder, ".gitlab-ci.yml"), "utf8"));

const mappingOf = (folder: string): readonly StoredRow[] => {
  const path = join(EXAMPLES, folder, "mapping.yml");
  if (!existsSync(path)) return [];
  const { rows, errors, warnings } = readDocumentFile(readFileSync(path), path, SETTINGS);
  expect([errors, warnings]).toEqual([[], []]);
  return rows;
};

/** Which runner each job gets, by the rules that the function uses: `name: provider class`. */
const runnersOf = async (folder: string): Promise<readonly string[]> => {
  const rows = mappingOf(folder);
  return Promise.all(
    configOf(folder).jobs.map(async ({ name, tags }) => {
      const job = { projectId: PROJECT, name, tags, verified: true };
      const decided = await route(job, async (pk) => rows.filter((row) => row.pk === pk), SETTINGS);
      return decided.kind === "route"
        ? `${name}: ${decided.provider} ${decided.runnerClass.name}`
        : `${name}: ${decided.kind}, ${decided.why.sentence}`;
    }),
  );
};

it("has a table row for each folder", () => {
  const index = readFileSync(join(EXAMPLES, "README.md"), "utf8");
  expect(folders.filter((folder) => !index.includes(`](${folder})`))).toEqual([]);
});

it.each([
  ["docker-build", ["image build: EC2 docker-build", "image build at once: MICROVM docker-vm"]],
  ["docker-layers", ["image build: EC2 docker-build"]],
  [
    "monorepo",
    [
      "lint: LAMBDA default",
      "service tests 1/3: EC2 default",
      "service tests 2/3: EC2 default",
      "service tests 3/3: EC2 default",
      "web build: EC2 builds",
      "api build: EC2 builds",
      "deploy: EC2 deployments",
    ],
  ],
  ["cache", ["fill: LAMBDA default", "use: EC2 default"]],
  ["arm64", ["build: [arm64]: EC2 default", "build: [x86_64]: EC2 default"]],
  ["oidc-aws", ["deploy: LAMBDA default"]],
])("%s: each job gets the runner that the example says", async (folder, runners) => {
  expect(await runnersOf(folder)).toEqual(runners);
});

it("test-matrix: twelve jobs, all on the default Lambda runner", async () => {
  const runners = await runnersOf("test-matrix");
  expect(runners).toHaveLength(12);
  expect(runners.filter((line) => !line.endsWith("LAMBDA default"))).toEqual([]);
});

it("docker-layers: its job may reach its own project's layers and nothing else of the bucket", () => {
  const template = parseTemplate(readFileSync(join(EXAMPLES, "docker-layers/role.yaml"), "utf8"));
  const [role] = ofType(template, "AWS::IAM::Role");
  const values = { ProjectId: "42", CacheBucketName: "caches", ProjectPath: "group/app" };
  const statements = asList(role?.properties.Policies).flatMap((policy) =>
    asList(resolve(template, at(policy, "PolicyDocument", "Statement"), values)).map(asMap),
  );
  const may = (action: string, path: string, prefix?: string): boolean =>
    allows(statements, {
      action: `s3:${action}`,
      resource: `arn:aws:s3:::caches${path}`,
      ...(prefix === undefined ? {} : { context: { "s3:prefix": prefix } }),
    });
  expect([may("PutObject", "/buildkit/42/blobs/a"), may("ListBucket", "", "buildkit/42/manifests/")]).toEqual(
    [true, true],
  );
  expect([
    may("PutObject", "/buildkit/421/blobs/a"),
    may("GetObject", "/protected/project/42/key"),
    may("DeleteObject", "/buildkit/42/blobs/a"),
    may("ListBucket", "", "buildkit/421/"),
    may("ListBucket", ""),
  ]).toEqual([false, false, false, false, false]);
});
