import { ConditionalCheckFailedException, DeleteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { takeRow } from "./take-row";

const EVENT = { bootstrapKey: "nonce", runnerId: 12 };
const ROW = {
  key: "nonce",
  url: "https://gitlab.example.com",
  token: "glrt-secretOfTheRow",
  runnerId: 12,
  provider: "LAMBDA",
  lifetimeSeconds: 900,
  waitTimeoutSeconds: 60,
  privileged: false,
  deletesOwnRecord: false,
  ttl: 2_000,
};
const client = new DynamoDBClient({ region: "eu-west-1" });
const dynamo = mockClient(client);
const take = () => takeRow(client, "Bootstrap", EVENT, 1_000);

beforeEach(() => dynamo.reset());

describe("taking the bootstrap row", () => {
  it("F-41 F-47: is one delete that returns the row, on condition that it is there and has not expired", async () => {
    dynamo
      .on(DeleteItemCommand, {
        TableName: "Bootstrap",
        Key: { key: { S: "nonce" } },
        ConditionExpression: "attribute_exists(#key) AND #ttl > :now",
        ExpressionAttributeNames: { "#key": "key", "#ttl": "ttl" },
        ExpressionAttributeValues: { ":now": { N: "1000" } },
        ReturnValues: "ALL_OLD",
      })
      .resolves({ Attributes: marshall(ROW) });
    await expect(take()).resolves.toEqual(ROW);
    expect(dynamo.calls()).toHaveLength(1);
  });

  it("F-41: gives nothing when another delivery took the row", async () => {
    const refusal = new ConditionalCheckFailedException({
      message: "The conditional request failed",
      $metadata: {},
    });
    dynamo.on(DeleteItemCommand).rejects(refusal);
    await expect(take()).resolves.toBeUndefined();
  });

  it("throws TransientError when DynamoDB does not answer", async () => {
    dynamo.on(DeleteItemCommand).rejects(new Error("socket hang up"));
    await expect(take()).rejects.toMatchObject({ name: "TransientError" });
  });

  it.each([
    { name: "is another runner's", change: { runnerId: 13 } },
    { name: "is another provider's", change: { provider: "EC2" } },
    { name: "lacks the token", change: { token: "" } },
    { name: "lacks the lifetime", change: { lifetimeSeconds: 0 } },
    { name: "names a plain address", change: { url: "http://gitlab.example.com" } },
  ])("F-72 T-16: refuses a row that $name, without its token in the message", async ({ change }) => {
    dynamo.on(DeleteItemCommand).resolves({ Attributes: marshall({ ...ROW, ...change }) });
    await expect(take()).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.not.stringContaining("secretOfTheRow"),
    });
  });
});
