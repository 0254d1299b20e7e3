import type {
  AttributeValue,
  GetItemCommandInput,
  GetItemCommandOutput,
  QueryCommandInput,
  QueryCommandOutput,
} from "@aws-sdk/client-dynamodb";

export type Item = Record<string, AttributeValue>;

/**
 * Read access to one table. Each implementation brings the client and the table's name, and translates
 * errors: a function for its workflow, the command line for its user.
 */
export interface TableReads {
  get(input: Omit<GetItemCommandInput, "TableName">): Promise<Pick<GetItemCommandOutput, "Item">>;
  query(
    input: Omit<QueryCommandInput, "TableName">,
  ): Promise<Pick<QueryCommandOutput, "Items" | "LastEvaluatedKey">>;
}

/** All items under a partition key `pk`; consistent. */
export const partition = async (table: TableReads, pk: string): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const answer = await table.query({
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: pk } },
      ConsistentRead: true,
      ExclusiveStartKey,
    });
    items.push(...(answer.Items ?? []));
    ExclusiveStartKey = answer.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return items;
};
