import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import type { CacheScope } from "../../ports";
import { stsCacheAccess } from "./cache-access";
import { stsClient } from "./client";

const SETTINGS = {
  roleArn: "arn:aws:iam::111122223333:role/cache",
  bucket: "cache-bucket",
  region: "eu-west-1",
};
const scope = (differs: Partial<CacheScope> = {}): CacheScope => ({
  path: "unprotected",
  projectId: 1,
  seconds: 1_200,
  ...differs,
});
const GIVEN = { AccessKeyId: "ASIA1", SecretAccessKey: "secret", SessionToken: "token" };

const sts = mockClient(STSClient);
beforeEach(() => {
  sts.reset();
  sts.onAnyCommand().rejects(new Error("unplanned"));
});

const asked = async (given: CacheScope) => {
  sts.on(AssumeRoleCommand).resolves({ Credentials: { ...GIVEN, Expiration: new Date() } });
  const cache = await stsCacheAccess(stsClient(), SETTINGS)(given);
  return { cache, input: sts.commandCalls(AssumeRoleCommand)[0]!.args[0].input };
};

describe("access to the cache", () => {
  it("I-13: is a session that reads and writes the objects of one project in one part, and no more", async () => {
    const { cache, input } = await asked(scope());
    expect(JSON.parse(input.Policy ?? "")).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["s3:GetObject", "s3:PutObject"],
          Resource: "arn:aws:s3:::cache-bucket/unprotected/project/1/*",
        },
      ],
    });
    expect(input.RoleArn).toBe(SETTINGS.roleArn);
    expect(cache).toEqual({
      bucket: "cache-bucket",
      region: "eu-west-1",
      path: "unprotected",
      accessKeyId: "ASIA1",
      secretAccessKey: "secret",
      sessionToken: "token",
    });
  });

  it("is of the protected part for a runner of protected refs", async () => {
    const { cache, input } = await asked(scope({ path: "protected", projectId: 11 }));
    expect(input.Policy).toContain("cache-bucket/protected/project/11/*");
    expect(cache.path).toBe("protected");
  });

  it("names the bucket in the role's own partition", async () => {
    sts.on(AssumeRoleCommand).resolves({ Credentials: { ...GIVEN, Expiration: new Date() } });
    const china = { ...SETTINGS, roleArn: "arn:aws-cn:iam::111122223333:role/cache" };
    await stsCacheAccess(stsClient(), china)(scope());
    expect(sts.commandCalls(AssumeRoleCommand)[0]!.args[0].input.Policy).toContain("arn:aws-cn:s3:::");
  });

  it.each([
    [60, 900],
    [1_200, 1_200],
    [7_200, 3_600],
  ])(
    "of %d seconds is asked for as %d: STS gives a role's session an hour at most",
    async (seconds, given) => {
      expect((await asked(scope({ seconds }))).input.DurationSeconds).toBe(given);
    },
  );

  it("throws where STS refuses, fails or gives nothing", async () => {
    const access = stsCacheAccess(stsClient(), SETTINGS);
    const refusal = Object.assign(new Error("no"), { name: "AccessDenied" });
    sts.on(AssumeRoleCommand).rejectsOnce(refusal).rejectsOnce(new Error("lost")).resolvesOnce({});
    await expect(access(scope())).rejects.toMatchObject({ name: "ConfigurationError" });
    await expect(access(scope())).rejects.toMatchObject({ name: "TransientError" });
    await expect(access(scope())).rejects.toMatchObject({ name: "ConfigurationError" });
  });
});

it("gives up on an STS that does not answer after about a second", async () => {
  sts.restore();
  const { createServer } = await import("node:http");
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
  });
  const began = Date.now();
  await expect(stsCacheAccess(stsClient(), SETTINGS)(scope())).rejects.toMatchObject({
    name: "TransientError",
  });
  // A second, and what a busy machine adds; the other clients' settings would make it nine.
  expect(Date.now() - began).toBeLessThan(5_000);
  process.env = before;
  silent.closeAllConnections();
  await new Promise((resolve) => silent.close(resolve));
});
