import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConditionalCheckFailedException, DeleteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { Context } from "aws-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { runnerPath } from "../../tests/gitlab-runner/binary";
import { RunnerApiDouble } from "../../tests/gitlab-runner/runner-api-double";

const dynamo = mockClient(DynamoDBClient);
const context = { getRemainingTimeInMillis: () => 900_000 } as Context;
const gitlab = new RunnerApiDouble();
const root = mkdtempSync(join(tmpdir(), "handler-"));
let handler: typeof import("./handler").handler;

beforeAll(async () => {
  await gitlab.start();
  Object.assign(process.env, {
    BOOTSTRAP_TABLE: "Bootstrap",
    TENANT_ISOLATION: "on",
    AWS_REGION: "eu-west-1",
    GITLAB_RUNNER: runnerPath(),
    RUNNER_ROOT: root,
  });
  ({ handler } = require("./handler"));
});
beforeEach(() => {
  dynamo.reset();
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await gitlab.stop();
  rmSync(root, { recursive: true });
});

describe("the function", () => {
  it("refuses an event that is not AutoScaler's", async () => {
    await expect(handler({}, context)).rejects.toMatchObject({ name: "InvalidInputError" });
    expect(dynamo.calls()).toHaveLength(0);
  });

  it("tells an operator what it is, takes no row, registers nothing, and stays unused", async () => {
    const refusal = new ConditionalCheckFailedException({ message: "", $metadata: {} });
    dynamo.on(DeleteItemCommand).rejects(refusal);
    const asked = { getRemainingTimeInMillis: () => 900_000, awsRequestId: "request-1" } as Context;
    await expect(handler({ check: "runner" }, asked)).resolves.toEqual({
      kind: "check",
      architecture: expect.stringMatching(/^(arm64|x86_64)$/),
      node: process.versions.node,
      versions: expect.objectContaining({ "gitlab-runner": expect.stringMatching(/^\d+\.\d+\.\d+/) }),
      bootstrapTable: "answers",
    });
    const keys = dynamo.commandCalls(DeleteItemCommand).map(({ args }) => args[0].input.Key);
    expect(keys).toEqual([{ key: { S: "check request-1" } }]);
    expect(gitlab.seen).toHaveLength(0);
    expect(readdirSync(root)).toEqual([]);
  });

  it("tells by the error's name that it cannot reach its table", async () => {
    dynamo.on(DeleteItemCommand).rejects(Object.assign(new Error("no"), { name: "AccessDeniedException" }));
    await expect(handler({ check: "runner" }, context)).resolves.toMatchObject({
      bootstrapTable: "AccessDeniedException",
    });
  });

  it("F-41: takes the row, runs its job, and does nothing for the same event once more", async () => {
    const row = {
      key: "nonce",
      url: gitlab.url,
      token: "glrt-abc",
      runnerId: 12,
      provider: "LAMBDA",
      lifetimeSeconds: 900,
      waitTimeoutSeconds: 60,
      privileged: false,
      deletesOwnRecord: false,
      ttl: 4_000_000_000,
    };
    dynamo.on(DeleteItemCommand, { TableName: "Bootstrap" }).resolvesOnce({ Attributes: marshall(row) });
    gitlab.push({ id: 7, script: ["true"] });
    const event = { bootstrapKey: "nonce", runnerId: 12 };
    await expect(handler(event, context)).resolves.toMatchObject({ kind: "job-ended", status: "success" });
    await expect(handler(event, context)).resolves.toEqual({ kind: "no-row" });
    expect(gitlab.state(7)).toBe("success");
    expect(readdirSync(root)).toEqual([]);
  });

  it("T-10: with tenant isolation on refuses another event in the same process", async () => {
    const refusal = new ConditionalCheckFailedException({ message: "", $metadata: {} });
    dynamo.on(DeleteItemCommand).rejects(refusal);
    const before = gitlab.seen.length;
    const other = handler({ bootstrapKey: "other", runnerId: 13 }, context);
    await expect(other).rejects.toMatchObject({ name: "ConfigurationError" });
    expect(dynamo.calls()).toHaveLength(0);
    expect(gitlab.seen).toHaveLength(before);
  });
});
