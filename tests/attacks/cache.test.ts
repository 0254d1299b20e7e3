import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectAclCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { stsCacheAccess } from "../../AutoScaler/src/adapters/sts/cache-access";
import { stsClient } from "../../AutoScaler/src/adapters/sts/client";
import type { RunnerCache } from "../../AutoScaler/src/ports";
import type { Credentials } from "../../local/gateway";
import { ACCOUNT, REGION, roleArn } from "../../local/gateway/testing/fake-deployed";
import { type GatewayUnderTest, startGatewayUnderTest } from "../../local/gateway/testing/gateway-under-test";
import { parsePolicy } from "../../local/iam";
import { withAssumedRoles } from "../../local/laptop/aws/assumed-roles";
import { roleStatements } from "../templates/iam";
import { readTemplate, resource, type Value } from "../templates/read-template";
import { ACCOUNT as ACCOUNT_OF_TEMPLATES, resolve } from "../templates/resolve";

/**
 * The credentials of a job's cache are in a hostile job's reach: on Lambda it runs as gitlab-runner's user, and a privileged
 * one on EC2 reads the machine's memory. What do they open?
 */

const autoScaler = readTemplate("AutoScaler");
const BUCKET = "cache-bucket";

/** What the template says, in the gateway's account. */
const here = <Part>(part: Part): Part =>
  JSON.parse(JSON.stringify(part).replaceAll(ACCOUNT_OF_TEMPLATES, ACCOUNT)) as Part;

const policyOf = (name: string, statements: unknown) =>
  parsePolicy(name, { Version: "2012-10-17", Statement: statements });

const environment = { ...process.env };
let gateway: GatewayUnderTest;
beforeEach(async () => {
  gateway = await startGatewayUnderTest();
  gateway.handlers["sts AssumeRole"] = withAssumedRoles(gateway.credentials, async () => undefined);
  const { state } = gateway;
  for (const id of [
    "CacheRole",
    "StartLambdaRunnerRole",
    "StartEc2RunnerRole",
    "StartMicroVmRunnerRole",
    "LookUpRunnerRole",
  ]) {
    const arn = roleArn(id.toLowerCase());
    const trust = resolve(autoScaler, resource(autoScaler, id).properties.AssumeRolePolicyDocument);
    const identity = [policyOf(id, here(roleStatements(autoScaler, id)))];
    state.roles[arn] = { arn, id: `AROA${id.toUpperCase()}`, identity, tags: {} };
    state.policies[arn] = [parsePolicy(`${id}/trust`, here(trust as Value))];
  }
  state.tags[roleArn("cacherole")] = tagsOf("CacheRole");
});
afterEach(async () => {
  process.env = { ...environment };
  await gateway.close();
});

const tagsOf = (id: string): Record<string, string> => {
  const tags = resolve(autoScaler, resource(autoScaler, id).properties.Tags) as {
    Key: string;
    Value: string;
  }[];
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
};

/** The function that starts Lambda runners, as the gateway knows it. */
const as = (role: string): void => {
  const session = gateway.credentials.issue(
    { kind: "role", roleArn: roleArn(role), sessionName: "function" },
    900,
  );
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: gateway.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
  });
};

const cacheOf = async (
  projectId: number,
  path: RunnerCache["path"] = "unprotected",
): Promise<RunnerCache> => {
  as("startlambdarunnerrole");
  const settings = { roleArn: roleArn("cacherole"), bucket: BUCKET, region: REGION };
  return stsCacheAccess(stsClient(), settings)({ path, projectId, seconds: 900 });
};

const s3Of = (credentials: Credentials): S3Client =>
  new S3Client({
    endpoint: gateway.endpoint,
    region: REGION,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials,
  });

const read = (Key: string, Bucket = BUCKET) => new GetObjectCommand({ Bucket, Key });
const write = (Key: string, Bucket = BUCKET) => new PutObjectCommand({ Bucket, Key, Body: "x" });

const OWN = "unprotected/project/1/key-non_protected";

type Attack = readonly [says: string, send: (s3: S3Client) => Promise<unknown>];
const ATTACKS: readonly Attack[] = [
  ["list the bucket", (s3) => s3.send(new ListObjectsV2Command({ Bucket: BUCKET }))],
  [
    "list its own prefix",
    (s3) => s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: "unprotected/project/1/" })),
  ],
  ["delete its own object", (s3) => s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: OWN }))],
  [
    "open its own object to everybody",
    (s3) => s3.send(new PutObjectAclCommand({ Bucket: BUCKET, Key: OWN, ACL: "public-read" })),
  ],
  ["read project 11 from project 1", (s3) => s3.send(read("unprotected/project/11/key"))],
  ["read project 2", (s3) => s3.send(read("unprotected/project/2/key"))],
  ["write to project 2", (s3) => s3.send(write("unprotected/project/2/key"))],
  ["read what protected refs wrote", (s3) => s3.send(read("protected/project/1/key-protected"))],
  ["write what protected refs read", (s3) => s3.send(write("protected/project/1/key-protected"))],
  ["write beside all projects", (s3) => s3.send(write("key"))],
  ["read another bucket", (s3) => s3.send(read(OWN, "artifacts"))],
  ["write to another bucket", (s3) => s3.send(write(OWN, "artifacts"))],
  ["leave its folder by dots", (s3) => s3.send(read("unprotected/project/1/../2/key"))],
];

const refused = { name: expect.stringMatching(/^(AccessDenied|Forbidden)/) };

describe("credentials of project 1's cache", () => {
  it("I-13: read and write the project's own objects", async () => {
    const s3 = s3Of(await cacheOf(1));
    await s3.send(write(OWN));
    await s3.send(read(OWN));
    expect(gateway.upstream.taken().map(({ method }) => method)).toEqual(["PUT", "GET"]);
  });

  it.each(ATTACKS)("I-13: cannot %s", async (_, attack) => {
    const s3 = s3Of(await cacheOf(1));
    await expect(attack(s3)).rejects.toMatchObject(refused);
    expect(gateway.upstream.taken()).toEqual([]);
  });

  it("I-13: each of these attacks succeeds where the session has no policy of its own and the role is wide", async () => {
    const arn = roleArn("cacherole");
    const wide = policyOf("wide", [{ Effect: "Allow", Action: "s3:*", Resource: "*" }]);
    gateway.state.roles[arn] = { ...gateway.state.roles[arn]!, identity: [wide] };
    const s3 = s3Of(gateway.credentials.issue({ kind: "role", roleArn: arn, sessionName: "wide" }, 900));
    // Of an ACL, and of a path with dots, the gateway knows no rights: nobody but the operator gets through with these.
    const known = ATTACKS.filter(([says]) => !/everybody|dots/.test(says));
    for (const [, attack] of known) await attack(s3);
    expect(gateway.upstream.taken()).toHaveLength(known.length);
  });

  it.each([
    ["without its slash", `arn:aws:s3:::${BUCKET}/unprotected/project/1*`, "unprotected/project/11/key"],
    ["of all projects", `arn:aws:s3:::${BUCKET}/*`, "protected/project/1/key-protected"],
  ])("I-13: a session policy %s would let an attack through", async (_, Resource, key) => {
    as("startlambdarunnerrole");
    const Statement = [{ Effect: "Allow", Action: ["s3:GetObject"], Resource }];
    const taken = await new STSClient({}).send(
      new AssumeRoleCommand({
        RoleArn: roleArn("cacherole"),
        RoleSessionName: "wide",
        Policy: JSON.stringify({ Version: "2012-10-17", Statement }),
      }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken } = taken.Credentials!;
    const s3 = s3Of({
      accessKeyId: AccessKeyId!,
      secretAccessKey: SecretAccessKey!,
      sessionToken: SessionToken!,
    });
    await s3.send(read(key));
    expect(gateway.upstream.taken()).toHaveLength(1);
  });

  it("I-13: are no way to others: they take no role", async () => {
    const credentials = await cacheOf(1);
    const sts = new STSClient({ endpoint: gateway.endpoint, region: REGION, credentials });
    await sts.send(new GetCallerIdentityCommand({}));
    const again = new AssumeRoleCommand({ RoleArn: roleArn("cacherole"), RoleSessionName: "again" });
    await expect(sts.send(again)).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("I-13: are given to the functions that start runners alone, and no other role to these", async () => {
    const take = (role: string) =>
      new STSClient({}).send(new AssumeRoleCommand({ RoleArn: roleArn(role), RoleSessionName: "attack" }));
    as("lookuprunnerrole");
    await expect(take("cacherole")).rejects.toMatchObject({ name: "AccessDenied" });
    as("startlambdarunnerrole");
    await expect(take("lookuprunnerrole")).rejects.toMatchObject({ name: "AccessDenied" });
    await take("cacherole");
  });
});

describe("a presigned address of project 1's cache, which is all that a job is given", () => {
  const address = async () => getSignedUrl(s3Of(await cacheOf(1)), read(OWN), { expiresIn: 600 });

  it("I-13: opens one object, in one way", async () => {
    const url = await address();
    const answered = await fetch(url);
    expect(answered.status).toBe(200);
    expect(gateway.upstream.taken()).toHaveLength(1);
    const others: readonly (readonly [string, RequestInit])[] = [
      [url, { method: "PUT", body: "x" }],
      [url, { method: "DELETE" }],
      [url.replace("/project/1/", "/project/2/"), {}],
      [url.replace("key-non_protected", "other"), {}],
      [url.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"), {}],
      [url.replace(/&X-Amz-Signature=[0-9a-f]+/, ""), {}],
      [url, { headers: { "x-amz-copy-source": "/artifacts/key" } }],
    ];
    for (const [target, init] of others) expect((await fetch(target, init)).status).toBe(403);
    expect(gateway.upstream.taken()).toEqual([]);
  });

  it("I-13: is good for nothing once its time or its credentials are over, and holds none behind the gateway", async () => {
    const cache = await cacheOf(1);
    const past = new Date(Date.now() - 20 * 60_000);
    const old = await getSignedUrl(s3Of(cache), read(OWN), { expiresIn: 600, signingDate: past });
    expect((await fetch(old)).status).toBe(403);
    const url = await getSignedUrl(s3Of(cache), read(OWN), { expiresIn: 600 });
    await fetch(url);
    expect(gateway.upstream.taken()[0]!.target).not.toMatch(/X-Amz-/);
    gateway.credentials.revoke(cache.accessKeyId);
    expect((await fetch(url)).status).toBe(403);
  });
});
