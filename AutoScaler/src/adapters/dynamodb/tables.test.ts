import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import { tablesDouble } from "../../../../tests/doubles/dynamodb/mocked-client";
import {
  BOOTSTRAP_TABLE,
  LEDGER_TABLE,
  MAPPING_TABLE,
} from "../../../../tests/doubles/dynamodb/stack-tables";
import { bootstrapRowsContract } from "../../testing/contracts/bootstrap-rows-contract";
import { mappingsContract } from "../../testing/contracts/mappings-contract";
import { minuteCountersContract } from "../../testing/contracts/minute-counters-contract";
import { sampleRow } from "../../testing/contracts/samples";
import { fakeClock } from "../../testing/fakes";
import { dynamoBootstrapRows } from "./bootstrap-rows";
import { dynamoMappings } from "./mappings";
import { dynamoMinuteCounters } from "./minute-counters";

const prepareRows = () => {
  const double = tablesDouble();
  const { client, tables } = double;
  return {
    ...double,
    rows: dynamoBootstrapRows(client, BOOTSTRAP_TABLE, { clock: fakeClock(), random: () => 0 }),
    put: async (row: BootstrapRow) => {
      await client.send(new PutItemCommand({ TableName: BOOTSTRAP_TABLE, Item: marshall(row) }));
    },
    read: async (key: string) => {
      const item = tables.get(BOOTSTRAP_TABLE)?.get(JSON.stringify([key]));
      return item && (unmarshall(item) as BootstrapRow);
    },
  };
};

describe("dynamoBootstrapRows", () => {
  bootstrapRowsContract(prepareRows);

  it("I-6 T-8: does not put back a row that another moved, and its instance took, since it was read", async () => {
    const { client, tables, put } = prepareRows();
    const takenAfterRead = {
      send: async (command: GetItemCommand) => {
        const answer = await client.send(command);
        if (command instanceof GetItemCommand) tables.get(BOOTSTRAP_TABLE)?.clear();
        return answer;
      },
    };
    await put(sampleRow("nonce"));
    const parts = { clock: fakeClock(), random: () => 0 };
    const rows = dynamoBootstrapRows(takenAfterRead as never, BOOTSTRAP_TABLE, parts);
    expect(await rows.move("nonce", "there")).toBe(false);
    expect([...(tables.get(BOOTSTRAP_TABLE)?.keys() ?? [])]).toEqual([]);
  });

  it("I-13: puts no token into an error", async () => {
    const { rows, put, mock } = prepareRows();
    await put(sampleRow("nonce"));
    mock.on(TransactWriteItemsCommand).rejects(new Error("glrt-sample in a request"));
    const error: unknown = await rows.move("nonce", "there").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "TransientError" });
    expect(String(error)).not.toContain("glrt-");
  });

  it("F-19: says of a table that does not answer that nothing is known", async () => {
    const { rows, mock } = prepareRows();
    mock.on(GetItemCommand).rejects(Object.assign(new Error(), { name: "TimeoutError" }));
    await expect(rows.move("nonce", "there")).rejects.toMatchObject({ name: "TransientError" });
  });
});

describe("dynamoMinuteCounters", () => {
  minuteCountersContract(() => dynamoMinuteCounters(tablesDouble().client, LEDGER_TABLE));

  it("leaves an item to TTL an hour after its minute", async () => {
    const { client, tables } = tablesDouble();
    await dynamoMinuteCounters(client, LEDGER_TABLE).add("pending#7#1", 29_000_000);
    const [item] = [...(tables.get(LEDGER_TABLE)?.values() ?? [])].map((one) => unmarshall(one));
    expect(item).toEqual({ pk: "minute#pending#7#1", sk: "29000000", count: 1, ttl: 29_000_060 * 60 });
  });
});

describe("dynamoMappings", () => {
  const prepare = () => {
    const double = tablesDouble();
    return {
      ...double,
      mappings: dynamoMappings(double.client, MAPPING_TABLE),
      put: async (row: object) => {
        await double.client.send(new PutItemCommand({ TableName: MAPPING_TABLE, Item: marshall(row) }));
      },
    };
  };
  mappingsContract(prepare);

  it("F-29: reads a partition of several pages to its end", async () => {
    const { mappings, mock } = prepare();
    const row = (sk: string) => marshall({ pk: "job#a", sk });
    mock
      .on(QueryCommand)
      .resolvesOnce({ Items: [row("tags#a")], LastEvaluatedKey: row("tags#a") })
      .resolvesOnce({ Items: [row("tags#b")] });
    expect((await mappings.rows("job#a")).map(({ sk }) => sk)).toEqual(["tags#a", "tags#b"]);
    expect(mock.commandCalls(QueryCommand)[1]?.args[0].input.ExclusiveStartKey).toEqual(row("tags#a"));
  });

  it("F-19: says of a table that refuses that an operator must act", async () => {
    const { mappings, mock } = prepare();
    mock.on(QueryCommand).rejects(Object.assign(new Error(), { name: "AccessDeniedException" }));
    await expect(mappings.rows("job#a")).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining(MAPPING_TABLE),
    });
  });
});
