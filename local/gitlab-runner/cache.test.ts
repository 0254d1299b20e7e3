import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunnerUnderTest, withRunner } from "../../tests/gitlab-runner/runner-under-test";
import { allow, policy } from "../gateway/testing/fake-deployed";
import { startWithLedger } from "../gateway/testing/with-ledger";

const binary = { path: join(__dirname, "gitlab-runner"), scale: 1 };

/** The laptop's gateway before a bucket in memory. */
const startBucket = async () => {
  const gateway = await startWithLedger();
  const objects = new Map<string, Buffer>();
  gateway.deployRole("cache", [
    policy(
      "cache",
      allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::cache-bucket/unprotected/project/42/*"),
    ),
  ]);
  const pathOf = (target: string): string => target.split("?")[0] ?? "";
  gateway.handlers["s3 PutObject"] = async ({ request }, response) => {
    objects.set(pathOf(request.target), request.body);
    response.writeHead(200).end();
  };
  gateway.handlers["s3 GetObject"] = async ({ request }, response) => {
    const found = objects.get(pathOf(request.target));
    response.writeHead(found ? 200 : 404).end(found);
  };
  return { gateway, objects, session: gateway.session("cache") };
};

type Bucket = Awaited<ReturnType<typeof startBucket>>;
let bucket: Bucket;
beforeEach(async () => {
  bucket = await startBucket();
});
afterEach(() => bucket.gateway.close());

const startJob = async (runner: RunnerUnderTest, path = "unprotected"): Promise<void> => {
  const { accessKeyId, secretAccessKey, sessionToken } = bucket.session;
  const config = join(runner.folder, "cached.toml");
  writeFileSync(
    config,
    `[[runners]]
name = "job"
url = "${runner.gitlab.url}"
token = "glrt-abcdefghijk"
executor = "shell"
builds_dir = "${runner.buildsDir}"
[runners.cache]
Type = "s3"
Path = "${path}"
Shared = true
[runners.cache.s3]
ServerAddress = "${bucket.gateway.endpoint.replace("http://", "")}"
Insecure = true
PathStyle = true
BucketName = "cache-bucket"
BucketLocation = "eu-west-1"
AccessKey = "${accessKeyId}"
SecretKey = "${secretAccessKey}"
SessionToken = "${sessionToken}"
`,
  );
  const flags = ["--config", config, "-r", "job", "--max-builds", "1", "--wait-timeout", "5"];
  await runner.start({ args: ["--log-format", "json", "run-single", ...flags] });
  await runner.ended();
};

const CACHE = { key: "deps-$LEVEL-non_protected", paths: ["lib"], policy: "pull-push", when: "on_success" };
const OBJECT = "/cache-bucket/unprotected/project/42/deps-high-non_protected";
const LEVEL = [{ key: "LEVEL", value: "high" }];

describe("the stand-in's cache", () => {
  it(
    "is uploaded after a job and there in the next, by addresses that hold no secret",
    withRunner(binary, async (runner) => {
      const script = [
        "if [ -e lib/kept ]; then echo found $(cat lib/kept); fi",
        "mkdir -p lib; echo it > lib/kept",
      ];
      runner.gitlab.push({ id: 7, script, cache: [CACHE], variables: LEVEL });
      await startJob(runner);
      expect(runner.gitlab.state(7)).toBe("success");
      expect([...bucket.objects.keys()]).toEqual([OBJECT]);
      expect(runner.gitlab.trace(7)).toMatch(
        /Checking cache for deps-high[\s\S]+file does not exist[\s\S]+Failed to extract cache[\s\S]+Creating cache deps-high[\s\S]+Created cache/,
      );
    }),
  );

  it(
    "is read by the next job, which its policy keeps from writing, and no script has the credentials",
    withRunner(binary, async (runner) => {
      const source = "mkdir -p lib; echo it > lib/kept";
      runner.gitlab.push({ id: 7, script: [source], cache: [CACHE], variables: LEVEL });
      await startJob(runner);
      const script = ["rm -rf lib.old; echo found $(cat lib/kept); env"];
      const pull = { ...CACHE, policy: "pull" };
      const before = bucket.objects.get(OBJECT);
      runner.gitlab.push({ id: 8, script, cache: [pull], variables: LEVEL });
      await startJob(runner);
      const trace = runner.gitlab.trace(8);
      expect(trace).toContain("Successfully extracted cache");
      expect(trace).toContain("found it");
      expect(trace).toContain("Not uploading cache deps-high-non_protected due to policy");
      expect(trace).not.toContain(bucket.session.secretAccessKey);
      expect(trace).not.toContain(bucket.session.sessionToken ?? "none");
      expect(bucket.objects.get(OBJECT)).toBe(before);
    }),
  );

  it.each([
    [
      "credentials that have ended",
      "unprotected",
      () => bucket.gateway.credentials.revoke(bucket.session.accessKeyId),
    ],
    ["a part that is not its own", "protected", () => undefined],
  ])("with %s is a warning in the job's log, and the job goes on", (_, path, prepare) =>
    withRunner(binary, async (runner) => {
      prepare();
      runner.gitlab.push({ id: 7, script: ["mkdir lib; touch lib/a"], cache: [CACHE], variables: LEVEL });
      await startJob(runner, path);
      expect(runner.gitlab.state(7)).toBe("success");
      expect(runner.gitlab.trace(7)).toMatch(/received: 403[\s\S]+Failed to create cache/);
      expect(bucket.objects.size).toBe(0);
    })(),
  );
});
