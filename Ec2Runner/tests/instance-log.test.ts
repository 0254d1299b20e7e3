import { instanceLogStream, logStreamKey } from "../../Core/log-stream";
import {
  INSTANCE_ID,
  type MachineOptions,
  type MachineRun,
  startMachine,
  storedRow,
  TOKEN,
} from "./machine-run";
import { LOG_GROUP } from "./rendered-user-data";
import { type RowTable, type StoredRow, startRowTable } from "./row-table";

/** What a machine prints comes to CloudWatch Logs, and nothing about the machine's job depends on it. */

const NONCE = "ab".repeat(32);
const STREAM = instanceLogStream(INSTANCE_ID, NONCE);
const BEFORE = "Cloud-init v. 22.2 running 'modules:final'\n";

const OWN_STREAM: StoredRow = { logStream: { S: logStreamKey(NONCE) } };

interface Room {
  readonly table: RowTable;
  readonly start: (
    options?: Partial<MachineOptions>,
    row?: StoredRow,
    isKept?: boolean,
  ) => Promise<MachineRun>;
}

const inRoom = async (test: (room: Room) => Promise<void>): Promise<void> => {
  const table = await startRowTable();
  const machines: MachineRun[] = [];
  const start: Room["start"] = async (options = {}, row = OWN_STREAM, isKept = true) => {
    table.put(storedRow(row));
    const machine = await startMachine({
      dynamoDb: table.endpoint,
      ...(isKept ? { cloudInitLog: BEFORE } : {}),
      ...options,
    });
    machines.push(machine);
    return machine;
  };
  try {
    await test({ table, start });
  } finally {
    await Promise.all(machines.map((machine) => machine.end()));
    await table.close();
  }
};

const saying = (...lines: readonly string[]): Partial<MachineOptions> => ({
  commands: { "gitlab-runner": `cat >&2 <<'LINES'\n${lines.join("\n")}\nLINES` },
});

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = Date.now();
  await work();
  return (Date.now() - begun) / 1_000;
};

jest.setTimeout(120_000);

describe("a machine's log", () => {
  it.concurrent("has the machine's own lines from its row to its power-off, and nothing of before", () =>
    inRoom(async ({ table, start }) => {
      const machine = await start();
      expect(await machine.untilOff(30)).toBe(true);
      const lines = table.streams.get(STREAM) ?? [];
      expect(lines).toContain('{"job":7,"level":"info","msg":"Job succeeded"}');
      expect(lines.at(-1)).toMatch(/^glr: powering off after \d+ s$/);
      expect(lines.join("\n")).not.toContain("Cloud-init");
      expect([...table.streams.keys()]).toEqual([STREAM]);
      expect(table.badSignatures).toEqual([]);
      const { headers, body } = table.requests.at(-1)!;
      expect(headers["x-amz-target"]).toBe("Logs_20140328.PutLogEvents");
      expect(JSON.parse(body)).toMatchObject({ logGroupName: LOG_GROUP });
    }));

  it.concurrent("I-13 T-32: holds no token, whoever prints it", () =>
    inRoom(async ({ table, start }) => {
      const machine = await start(saying(`{"msg":"token ${TOKEN} and again ${TOKEN}"}`));
      expect(await machine.untilOff(30)).toBe(true);
      expect(table.streams.get(STREAM)).toContain('{"msg":"token [MASKED] and again [MASKED]"}');
      const sent = table.requests.map(({ body }) => body).join("\n");
      expect(sent).not.toContain(TOKEN);
    }));

  it.concurrent("takes every text as text, of which 1,000 characters arrive", () =>
    inRoom(async ({ table, start }) => {
      const odd = ['say "hi" \\n \\', "\u001b[2J red", "grün 🦊", "$(touch PWNED) `id`", "x".repeat(3_000)];
      const machine = await start(saying(...odd));
      expect(await machine.untilOff(30)).toBe(true);
      const lines = table.streams.get(STREAM) ?? [];
      expect(lines).toEqual(
        expect.arrayContaining([odd[0], "?[2J red", "gr??n ????", odd[3], "x".repeat(1_000)]),
      );
    }));

  it.concurrent("ends after 2,000 lines", () =>
    inRoom(async ({ table, start }) => {
      const script = 'for ((n = 0; n < 2500; n++)); do echo "line $n" >&2; done';
      const machine = await start({ commands: { "gitlab-runner": script } });
      expect(await machine.untilOff(60)).toBe(true);
      const lines = table.streams.get(STREAM) ?? [];
      expect(lines).toHaveLength(2_001);
      expect(lines.at(-1)).toBe("glr: no more lines are sent");
    }));

  it.concurrent.each(["refuses", "is silent"] as const)(
    "delays no job and no power-off where CloudWatch Logs %s",
    (logs) =>
      inRoom(async ({ table, start }) => {
        table.logs = logs;
        const machine = await start();
        const seconds = await secondsOf(() => machine.untilOff(30));
        expect(machine.wrote("config")).toContain(TOKEN);
        expect(machine.console()).toContain("glr: done");
        // A second for the machine, five for the last lines; the rest is for a busy computer.
        expect(seconds).toBeLessThan(15);
      }),
  );

  it.concurrent.each<[string, boolean, StoredRow]>([
    ["its row names no stream", true, {}],
    ["cloud-init keeps no log", false, OWN_STREAM],
  ])("is not sent where %s", (_why, isKept, row) =>
    inRoom(async ({ table, start }) => {
      const machine = await start({}, row, isKept);
      expect(await machine.untilOff(20)).toBe(true);
      expect(table.requests).toHaveLength(1);
    }),
  );
});
