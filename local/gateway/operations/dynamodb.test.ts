import * as ddb from "@aws-sdk/client-dynamodb";
import { LEDGER, type NeedsCase, needsReader, unlistedKeys } from "../testing/needs-reader";

jest.setTimeout(60_000);

const pk = (text: string) => ({ pk: { S: text }, sk: { S: "x" } });
const leading = (...keys: string[]) => ({ "dynamodb:LeadingKeys": keys });
const inTransaction = (key: string) => ({
  ...leading(key),
  "dynamodb:EnclosingOperation": "TransactWriteItems",
});

let reader: Awaited<ReturnType<typeof needsReader>>;
beforeAll(async () => {
  reader = await needsReader();
});
afterAll(() => reader.recorder.close());

const CASES: readonly NeedsCase[] = [
  [
    "GetItem",
    ({ dynamodb }) => dynamodb.send(new ddb.GetItemCommand({ TableName: "ledger", Key: pk("job#1") })),
    [{ action: "dynamodb:GetItem", resource: LEDGER, context: leading("job#1") }],
  ],
  [
    "PutItem",
    ({ dynamodb }) => dynamodb.send(new ddb.PutItemCommand({ TableName: LEDGER, Item: pk("job#1") })),
    [{ action: "dynamodb:PutItem", resource: LEDGER, context: leading("job#1") }],
  ],
  [
    "Query of a table, with placeholders",
    ({ dynamodb }) =>
      dynamodb.send(
        new ddb.QueryCommand({
          TableName: "ledger",
          KeyConditionExpression: "#p = :p AND begins_with(sk, :s)",
          ExpressionAttributeNames: { "#p": "pk" },
          ExpressionAttributeValues: { ":p": { S: "job#1" }, ":s": { S: "x" } },
        }),
      ),
    [{ action: "dynamodb:Query", resource: LEDGER, context: leading("job#1") }],
  ],
  [
    "Query of an index",
    ({ dynamodb }) =>
      dynamodb.send(
        new ddb.QueryCommand({
          TableName: "ledger",
          IndexName: "open",
          KeyConditionExpression: "openKey = :p",
          ExpressionAttributeValues: { ":p": { S: "open" } },
        }),
      ),
    [{ action: "dynamodb:Query", resource: `${LEDGER}/index/open`, context: leading("open") }],
  ],
  [
    "Scan, which has no leading key",
    ({ dynamodb }) => dynamodb.send(new ddb.ScanCommand({ TableName: "ledger" })),
    [{ action: "dynamodb:Scan", resource: LEDGER, context: {} }],
  ],
  [
    "TransactWriteItems: the right of each part",
    ({ dynamodb }) =>
      dynamodb.send(
        new ddb.TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName: "ledger", Item: pk("a") } },
            { Update: { TableName: "ledger", Key: pk("b"), UpdateExpression: "SET x = y" } },
            { Delete: { TableName: "ledger", Key: pk("c") } },
            { ConditionCheck: { TableName: "ledger", Key: pk("d"), ConditionExpression: "x = y" } },
          ],
        }),
      ),
    [
      { action: "dynamodb:PutItem", resource: LEDGER, context: inTransaction("a") },
      { action: "dynamodb:UpdateItem", resource: LEDGER, context: inTransaction("b") },
      { action: "dynamodb:DeleteItem", resource: LEDGER, context: inTransaction("c") },
      { action: "dynamodb:ConditionCheckItem", resource: LEDGER, context: leading("d") },
    ],
  ],
  [
    "BatchWriteItem: all its keys",
    ({ dynamodb }) =>
      dynamodb.send(
        new ddb.BatchWriteItemCommand({
          RequestItems: {
            ledger: [{ PutRequest: { Item: pk("a") } }, { DeleteRequest: { Key: pk("b") } }],
          },
        }),
      ),
    [{ action: "dynamodb:BatchWriteItem", resource: LEDGER, context: leading("a", "b") }],
  ],
];

it.each(CASES)("%s needs its rights, and carries no key that AWS does not list", async (_, send, needs) => {
  expect(await reader.needsOf(send)).toEqual(needs);
  for (const need of needs) expect(await unlistedKeys(need)).toEqual([]);
});
