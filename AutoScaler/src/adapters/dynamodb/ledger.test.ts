import {
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { encode, encodeItem } from "../../../../Core/ledger/codec";
import { failedPks, isForPeople, keptSk, openPks } from "../../../../Core/ledger/keys";
import { usageReader } from "../../../../Core/usage/usage-reader";
import { type DynamoDouble, tablesDouble } from "../../../../tests/doubles/dynamodb/mocked-client";
import { BOOTSTRAP_TABLE, LEDGER_TABLE } from "../../../../tests/doubles/dynamodb/stack-tables";
import { ledgerContract } from "../../testing/contracts/ledger-contract";
import { fullRunner, sampleAttempt, sampleOrphan, sampleRunner } from "../../testing/contracts/samples";
import { spotPoolsContract } from "../../testing/contracts/spot-pools-contract";
import { usageRowsContract } from "../../testing/contracts/usage-rows-contract";
import { fakeClock } from "../../testing/fakes";
import { dynamoBootstrapRows } from "./bootstrap-rows";
import { dynamoLedger } from "./ledger";
import { tableReads } from "./table-reads";
import { dynamoUsageRows } from "./usage-rows";

const failure = (name: string, more: object = {}) =>
  Object.assign(new Error("canary-message"), { name, ...more });
const cancelled = (...codes: string[]) =>
  failure("TransactionCanceledException", { CancellationReasons: codes.map((Code) => ({ Code })) });

const prepare = () => {
  const double: DynamoDouble = tablesDouble();
  const clock = fakeClock();
  const timeout = { clock, random: () => 0.5 };
  const options = { table: LEDGER_TABLE, bootstrapTable: BOOTSTRAP_TABLE, ...timeout };
  return {
    ...double,
    clock,
    ledger: dynamoLedger(double.client, options),
    usage: usageReader(tableReads(double.client, LEDGER_TABLE)),
    rows: dynamoBootstrapRows(double.client, BOOTSTRAP_TABLE, timeout),
  };
};

describe("dynamoLedger", () => {
  ledgerContract(prepare);

  describe("spot pools", () => spotPoolsContract(prepare));

  describe("usage rows", () => usageRowsContract(() => dynamoUsageRows(tablesDouble().client, LEDGER_TABLE)));

  it("F-18 I-6: sends one client request token with every try of a transaction", async () => {
    const { ledger, mock } = prepare();
    const sent: (string | undefined)[] = [];
    let conflicts = 3;
    mock.on(TransactWriteItemsCommand).callsFake(({ ClientRequestToken }) => {
      sent.push(ClientRequestToken);
      conflicts -= 1;
      if (conflicts >= 0) throw cancelled("None", "TransactionConflict");
      return {};
    });
    expect(await ledger.commit([{ put: sampleAttempt({ jobId: 1 }) }])).toBe(true);
    expect(sent).toHaveLength(4);
    expect(new Set(sent).size).toBe(1);
    expect(sent[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("I-25: pauses longer each time others are in the way, and gives up after eight tries", async () => {
    const { ledger, mock, clock } = prepare();
    mock.on(TransactWriteItemsCommand).rejects(cancelled("ThrottlingError", "None"));
    await expect(ledger.commit([{ put: sampleAttempt({ jobId: 1 }) }])).rejects.toMatchObject({
      name: "TransientError",
    });
    expect(mock.commandCalls(TransactWriteItemsCommand)).toHaveLength(8);
    expect(clock.sleeps.slice(0, 6)).toEqual([12.5, 25, 50, 100, 200, 400]);
  });

  it.each([
    ["TransactionCanceledException", ["ConditionalCheckFailed", "TransactionConflict"], false],
    ["TransactionCanceledException", ["None", "ConditionalCheckFailed"], false],
  ])("F-17: takes %s with %j for a condition that did not hold", async (_, codes, expected) => {
    const { ledger, mock } = prepare();
    mock.on(TransactWriteItemsCommand).rejects(cancelled(...codes));
    expect(await ledger.commit([{ put: sampleAttempt({ jobId: 1 }) }])).toBe(expected);
    expect(mock.commandCalls(TransactWriteItemsCommand)).toHaveLength(1);
  });

  it.each([
    ["InternalServerError", "TransientError"],
    ["TimeoutError", "TransientError"],
    ["ProvisionedThroughputExceededException", "TransientError"],
    ["IdempotentParameterMismatchException", "TransientError"],
    ["AccessDeniedException", "ConfigurationError"],
    ["ResourceNotFoundException", "ConfigurationError"],
    ["ValidationException", "ConfigurationError"],
  ])("F-18 F-19: says of %s that it is a %s, with its cause and without its text", async (name, expected) => {
    const { ledger, mock } = prepare();
    const cause = failure(name);
    for (const Command of [TransactWriteItemsCommand, GetItemCommand, QueryCommand, UpdateItemCommand])
      mock.on(Command as typeof GetItemCommand).rejects(cause);
    for (const call of [
      () => ledger.commit([{ put: sampleAttempt({ jobId: 1 }) }]),
      () => ledger.runner(1),
      () => ledger.openRunners(),
      () => ledger.reserve("ec2", { gap: 20, from: 1, until: 2 }),
    ]) {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: expected, cause });
      expect(String(error)).not.toContain("canary");
    }
  });

  it("F-56: reads an item to which a newer version added fields, and leaves them out", async () => {
    const { ledger, tables } = prepare();
    const runner = fullRunner(77);
    tables.get(LEDGER_TABLE)?.set(JSON.stringify(["runner#77", "runner"]), {
      ...encodeItem(runner),
      ...encode({ colour: "blue", nested: { a: 1 } }),
    });
    expect(await ledger.runner(77)).toEqual(runner);
  });

  it("F-56: leaves a reason out that only a newer version knows, and nothing else with it", async () => {
    const { ledger, tables } = prepare();
    const { reason: _, heldBy: __, ...runner } = fullRunner(77);
    const newer = { reason: "runner-struck-by-lightning", heldBy: "strike" };
    tables.get(LEDGER_TABLE)?.set(JSON.stringify(["runner#77", "runner"]), {
      ...encodeItem(runner),
      ...encode(newer),
    });
    expect(await ledger.runner(77)).toEqual(runner);
    tables.get(LEDGER_TABLE)?.set(JSON.stringify(["runner#77", "runner"]), {
      ...encodeItem(runner),
      ...encode({ reason: 5 }),
    });
    await expect(ledger.runner(77)).rejects.toMatchObject({
      message: expect.stringContaining("has no reason"),
    });
  });

  it("F-56 I-24: names an item that it cannot read, and lists the others", async () => {
    const { ledger, tables } = prepare();
    const printed = jest.spyOn(process.stdout, "write").mockReturnValue(true);
    const items = [sampleRunner({ runnerId: 1 }), sampleRunner({ runnerId: 2 })].map(encodeItem);
    items[0]!.state = { S: "HIBERNATING" };
    for (const item of items) tables.get(LEDGER_TABLE)?.set(JSON.stringify([item.pk?.S, item.sk?.S]), item);
    await expect(ledger.runner(1)).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("runner#1, runner has no state"),
    });
    expect((await ledger.openRunners()).items.map(({ runnerId }) => runnerId)).toEqual([2]);
    expect(printed.mock.calls.join("")).toContain('"LEDGER_ITEM_UNREADABLE"');
    printed.mockRestore();
  });

  it("F-29: reads what is open page by page", async () => {
    const { ledger } = prepare();
    const ofOneKey = Array.from({ length: 501 }, (_, index) => 1 + 8 * index);
    const ids = [...ofOneKey, 2, 3, 4, 5, 6, 7, 8];
    for (const runnerId of ids) await ledger.commit([{ put: sampleRunner({ runnerId }) }]);
    const first = await ledger.openRunners();
    const second = await ledger.openRunners(first.next);
    expect([first.items.length, second.items.length, second.next]).toEqual([507, 1, undefined]);
    const found = [...first.items, ...second.items].map(({ runnerId }) => runnerId);
    expect(new Set(found)).toEqual(new Set(ids));
  });

  it("F-29: no key of the index gets more than an eighth of the attempts and runners that are open", () => {
    const keys = Array.from({ length: 800 }, (_, index) => index + 3_580_121_225).flatMap((id) =>
      [sampleAttempt({ jobId: id }), sampleRunner({ runnerId: id })].map(
        (item) => encodeItem(item).openPk?.S,
      ),
    );
    const counts = [...new Set(keys)].map((key) => keys.filter((one) => one === key).length);
    expect(counts).toEqual(Array<number>(16).fill(100));
  });

  it("F-56: lists open items under the key that an earlier version gave them", async () => {
    const { ledger, tables } = prepare();
    for (const item of [sampleRunner({ runnerId: 9 }), sampleAttempt({ jobId: 7 })]) {
      const stored: ReturnType<typeof encodeItem> = { ...encodeItem(item), openPk: { S: `${item.kind}s` } };
      tables.get(LEDGER_TABLE)?.set(JSON.stringify([stored.pk?.S, stored.sk?.S]), stored);
    }
    expect((await ledger.openRunners()).items).toMatchObject([{ runnerId: 9 }]);
    expect((await ledger.openAttempts()).items).toMatchObject([{ jobId: 7 }]);
  });

  it("I-24: begins a row of reservations anew whose item nobody can read", async () => {
    const { ledger, tables } = prepare();
    const broken = { pk: { S: "reservations#ec2" }, sk: { S: "window" } };
    for (const nextAt of [{ N: "9e15" }, { N: "-1" }, { S: "soon" }, { NULL: true }] as const) {
      tables.get(LEDGER_TABLE)?.set(JSON.stringify(["reservations#ec2", "window"]), { ...broken, nextAt });
      expect(await ledger.reserve("ec2", { gap: 20, from: 1_000, until: 2_000 })).toBe(1_000);
    }
  });

  it("keeps the keys that operators and indexes go by", async () => {
    const { ledger, tables } = prepare();
    await ledger.commit([
      { put: sampleAttempt({ jobId: 12, attempt: 2, state: "WAITING" }) },
      { put: sampleRunner({ runnerId: 9001, resourceId: "i-1" }) },
      { put: sampleOrphan("i-2") },
      { take: { scope: "stack", shard: 3, limit: 9 } },
    ]);
    const items = [...(tables.get(LEDGER_TABLE)?.values() ?? [])];
    expect(items.map(({ pk, sk }) => [pk?.S, sk?.S])).toEqual([
      ["job#12", "attempt#02"],
      ["runner#9001", "runner"],
      ["orphan#i-2", "orphan"],
      ["slots#stack", "shard#03"],
    ]);
    expect(items[0]).toMatchObject({
      openPk: { S: "waiting#42#EC2#default#slot" },
      openSk: { S: "001795608000000#0000000000000012#2" },
    });
    expect(items[1]).toMatchObject({ openPk: { S: "runners#1" }, resourceId: { S: "i-1" } });
    expect(items[2]).toMatchObject({ openPk: { S: "orphans" }, openSk: { S: "i-2" } });
    expect(items[3]).not.toHaveProperty("openPk");
  });

  it("I-40: keeps attempts that failed in the index by the day, until they are over, and counts none of them as open", () => {
    const FAILED = Date.UTC(2026, 10, 25, 23, 59);
    const failed = sampleAttempt({ jobId: 11, state: "FAILED", times: { FAILED } });
    const { openPk, openSk } = encodeItem(failed);
    expect([openPk?.S, openSk?.S]).toEqual(["failed#2026-11-25#3", expect.stringContaining(String(FAILED))]);
    expect(failedPks("2026-11-25")).toContain(openPk?.S);
    expect(isForPeople(openPk?.S ?? "")).toBe(true);
    expect(openPks("attempts").some(isForPeople)).toBe(false);
    expect(encodeItem({ ...failed, state: "ENDED" })).not.toHaveProperty("openPk");
  });

  it("keeps a runner whose MicroVM is kept in the index, by the time until when, and counts it not as open", () => {
    const gone = sampleRunner({ runnerId: 1, state: "GONE", recordDeletedAt: 1 });
    const { openPk, openSk } = encodeItem({ ...gone, keptUntil: 1_000 });
    expect([openPk?.S, openSk?.S]).toEqual(["kept", keptSk(1_000, 1)]);
    expect(keptSk(999, 7) < keptSk(1_000) && keptSk(1_000) < keptSk(1_000, 1)).toBe(true);
    expect(isForPeople(openPk?.S ?? "")).toBe(true);
    expect(encodeItem(gone)).not.toHaveProperty("openPk");
  });
});
