import type { Item } from "../../../Core/ledger/table-reads";
import { testOf, updated } from "./expressions";
import { DynamoTables } from "./tables";

const item: Item = { n: { N: "5" }, s: { S: "b" }, m: { M: { deep: { N: "1" } } } };
const values = { ":four": { N: "4" }, ":five": { N: "5" }, ":b": { S: "b" }, ":type": { S: "N" } };
const holds = (text: string, names = {}): boolean =>
  testOf(text, { ExpressionAttributeValues: values, ExpressionAttributeNames: names })(item);

const key = { pk: { S: "a" }, sk: { S: "b" } };
const tables = (): DynamoTables => new DynamoTables({ t: { keys: ["pk", "sk"] } });

describe("the DynamoDB double", () => {
  it.each([
    ["n = :five AND s = :b", true],
    ["n = :four OR s = :b", true],
    ["n = :four OR s = :b AND n = :four", false],
    ["(n = :five OR s = :b) AND n = :four", false],
    ["NOT n = :four", true],
    ["m.deep < :four AND n >= :five", true],
    ["n < :b", false],
    ["missing < :four", false],
    ["attribute_exists(m.deep) AND attribute_not_exists(m.other)", true],
    ["attribute_type(n, :type) AND NOT attribute_type(s, :type)", true],
  ])("says of %s that it is %p", (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it.each([
    "n IN (:four)",
    "size(n) = :four",
    "n =",
    "n = :four :five",
    "state = :b",
    "#n = :five",
    "n = :none",
  ])("refuses %s, which it does not support or DynamoDB refuses", (text) => {
    expect(() => holds(text)).toThrow();
  });

  it("sets, adds and removes whole attributes", () => {
    const placeholders = { ExpressionAttributeValues: values };
    expect(updated("SET s = :b, x = :four ADD n :five REMOVE m", item, placeholders)).toEqual({
      set: { s: { S: "b" }, x: { N: "4" }, n: { N: "10" } },
      removed: ["m"],
    });
    expect(() => updated("n :five", item, placeholders)).toThrow();
  });

  it.each([
    ["GetItem", { TableName: "t", Key: key }, "Error"],
    ["GetItem", { TableName: "none", Key: key, ConsistentRead: true }, "ResourceNotFoundException"],
    ["GetItem", { TableName: "t", Key: { key: { S: "a" } }, ConsistentRead: true }, "ValidationException"],
    ["PutItem", { TableName: "t", Item: { key: { S: "a" } } }, "ValidationException"],
    ["Query", { TableName: "t", IndexName: "none" }, "ValidationException"],
    ["DeleteItem", { TableName: "t", Key: key, ExpressionAttributeValues: values }, "ValidationException"],
    [
      "DeleteItem",
      { TableName: "t", Key: key, ConditionExpression: "attribute_exists(pk)" },
      "ConditionalCheckFailedException",
    ],
    [
      "TransactWriteItems",
      {
        TransactItems: [{ Put: { TableName: "t", Item: key } }, { Put: { TableName: "t", Item: key } }],
      },
      "ValidationException",
    ],
    ["ListTables", {}, "Error"],
  ])("refuses %s of %j with %s", (operation, request, name) => {
    expect(() => tables().run(operation, request)).toThrow(expect.objectContaining({ name }));
  });

  it("writes a whole transaction or nothing", () => {
    const dynamo = tables();
    const Put = { TableName: "t", Item: key };
    const Check = {
      TableName: "t",
      Key: { ...key, sk: { S: "c" } },
      ConditionExpression: "attribute_exists(pk)",
    };
    expect(() =>
      dynamo.run("TransactWriteItems", { TransactItems: [{ Put }, { ConditionCheck: Check }] }),
    ).toThrow(
      expect.objectContaining({
        CancellationReasons: [{ Code: "None" }, { Code: "ConditionalCheckFailed" }],
      }),
    );
    expect(dynamo.items("t").size).toBe(0);
  });
});
