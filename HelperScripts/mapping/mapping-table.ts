import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  ScanCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import {
  appliedGeneration,
  STATE_PARTITION_KEY,
  STATE_SORT_KEY,
  type StoredRow,
} from "../../Core/routing/mapping-state";
import { storedRow } from "../../Core/routing/read-mapping";

type Item = Record<string, AttributeValue>;
type Db = Pick<DynamoDBClient, "send">;

/** The state of uploads: see Core/routing/mapping-state.ts. */
export interface MappingState {
  /** The generation that counts. */
  readonly applied: number;
  /** The last generation that an upload took; above `applied`: it is under way, or it was killed. */
  readonly issued: number;
  /** Who is uploading, and until when (milliseconds since 1970) without a sign of life. */
  readonly uploader?: { readonly holder: string; readonly busyUntil: number };
}

const STATE_KEY: Item = marshall({ pk: STATE_PARTITION_KEY, sk: STATE_SORT_KEY });
/** DynamoDB takes a hundred in one transaction. */
export const ROWS_PER_TRANSACTION = 100;

const keyOf = ({ pk, sk }: Pick<StoredRow, "pk" | "sk">): Item => marshall({ pk, sk });

const isNamed = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;

/** Reasons of a cancelled transaction; none for any other error. */
const cancellationCodes = (error: unknown): readonly string[] => {
  if (!isNamed(error, "TransactionCanceledException")) return [];
  const reasons: unknown = (error as { CancellationReasons?: unknown }).CancellationReasons;
  return Array.isArray(reasons) ? reasons.map((reason) => String(reason?.Code ?? "None")) : [];
};

const PAUSES_MILLISECONDS = [100, 200, 400, 800, 1_600, 3_200, 6_400];
const MAY_REPEAT = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/** The mapping table as uploads see it. Methods that return false lost against another upload. */
export class MappingTable {
  constructor(
    private readonly client: Db,
    readonly name: string,
    private readonly sleep: (milliseconds: number) => Promise<void>,
  ) {}

  async state(): Promise<MappingState> {
    const command = new GetItemCommand({ TableName: this.name, Key: STATE_KEY, ConsistentRead: true });
    const item = (await this.client.send(command)).Item;
    const stored = item ? unmarshall(item) : {};
    const { issued, uploader } = stored;
    return {
      applied: appliedGeneration(item ? [storedRow(item)] : []),
      issued: typeof issued === "number" ? issued : 0,
      ...(typeof uploader?.holder === "string" && typeof uploader.busyUntil === "number" ? { uploader } : {}),
    };
  }

  /** All rows, a page at a time, the state's row among them. */
  async *pages(): AsyncGenerator<readonly StoredRow[]> {
    let ExclusiveStartKey: Item | undefined;
    do {
      const command: ScanCommand = new ScanCommand({
        TableName: this.name,
        ConsistentRead: true,
        ExclusiveStartKey,
      });
      const answer = await this.client.send(command);
      yield (answer.Items ?? []).map(storedRow);
      ExclusiveStartKey = answer.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }

  private async update(
    expression: string,
    condition: string,
    values: Record<string, unknown>,
  ): Promise<boolean> {
    try {
      await this.client.send(
        new UpdateItemCommand({
          TableName: this.name,
          Key: STATE_KEY,
          UpdateExpression: expression,
          ConditionExpression: condition,
          ExpressionAttributeValues: marshall(values),
        }),
      );
      return true;
    } catch (error) {
      if (isNamed(error, "ConditionalCheckFailedException")) return false;
      throw error;
    }
  }

  /** Takes the next generation, if the table is as it was read and nobody else uploads. */
  begin(read: MappingState, holder: string, now: number, until: number): Promise<boolean> {
    const isAsRead = read.issued === 0 ? "attribute_not_exists(issued)" : "issued = :read";
    return this.update(
      "SET issued = :next, uploader = :uploader",
      `${isAsRead} AND (attribute_not_exists(uploader) OR uploader.busyUntil < :now)`,
      {
        ...(read.issued === 0 ? {} : { ":read": read.issued }),
        ":next": read.issued + 1,
        ":uploader": { holder, busyUntil: until },
        ":now": now,
      },
    );
  }

  /** A sign of life. */
  extend(holder: string, until: number): Promise<boolean> {
    return this.update("SET uploader = :uploader", "uploader.holder = :holder", {
      ":holder": holder,
      ":uploader": { holder, busyUntil: until },
    });
  }

  /** The moment: from here on the generation counts. */
  apply(generation: number, holder: string, appliedAt: string): Promise<boolean> {
    return this.update(
      "SET applied = :generation, appliedAt = :appliedAt REMOVE uploader",
      "issued = :generation AND uploader.holder = :holder",
      { ":generation": generation, ":holder": holder, ":appliedAt": appliedAt },
    );
  }

  /** Lets others upload at once, after a failure. */
  async giveUp(holder: string): Promise<void> {
    await this.update("REMOVE uploader", "uploader.holder = :holder", { ":holder": holder });
  }

  /** One transaction. False: a row is another upload's by now. */
  private async write(items: TransactWriteItem[]): Promise<boolean> {
    for (const pause of [...PAUSES_MILLISECONDS, undefined]) {
      try {
        await this.client.send(new TransactWriteItemsCommand({ TransactItems: items }));
        return true;
      } catch (error) {
        const codes = cancellationCodes(error);
        if (codes.includes("ConditionalCheckFailed")) return false;
        if (pause === undefined || !codes.some((code) => MAY_REPEAT.includes(code))) throw error;
        await this.sleep(pause * (0.5 + Math.random() / 2));
      }
    }
    return false;
  }

  /** Writes what each row will be beside what it is; `next` absent: it will be removed. */
  stage(
    generation: number,
    rows: readonly { readonly row: StoredRow; readonly next?: Readonly<Record<string, unknown>> }[],
  ): Promise<boolean> {
    return this.write(
      rows.map(({ row, next }) => ({
        Update: {
          TableName: this.name,
          Key: keyOf(row),
          UpdateExpression: "SET staged = :staged",
          ConditionExpression: "attribute_not_exists(staged) OR staged.generation <= :generation",
          ExpressionAttributeValues: marshall({
            ":staged": { generation, ...(next ? { row: next } : {}) },
            ":generation": generation,
          }),
        },
      })),
    );
  }

  /**
   * Folds in, or takes away, what was staged.
   *
   * @param rows each with the generation that is staged on it, and the row that has to remain, if any
   */
  settle(
    rows: readonly { readonly key: StoredRow; readonly generation: number; readonly remains?: StoredRow }[],
  ): Promise<boolean> {
    const condition = (generation: number) => ({
      TableName: this.name,
      ConditionExpression: "staged.generation = :generation",
      ExpressionAttributeValues: marshall({ ":generation": generation }),
    });
    return this.write(
      rows.map(({ key, generation, remains }) =>
        remains === undefined
          ? { Delete: { ...condition(generation), Key: keyOf(key) } }
          : { Put: { ...condition(generation), Item: marshall(remains, { removeUndefinedValues: true }) } },
      ),
    );
  }
}
