import { type MachineRun, startMachine, storedRow } from "./machine-run";
import { type RowTable, startRowTable } from "./row-table";

/** Every command that the user data calls by name. */
const COMMANDS = [
  "systemd-run",
  "mkdir",
  "chmod",
  "curl",
  "date",
  "sleep",
  "systemctl",
  "iptables",
  "ip6tables",
  "mkfifo",
  "env",
  "rm",
  "gitlab-runner",
  "shutdown",
] as const;

/** Without these no job may run: the machine would live for ever, or its containers could read its role. */
const NEEDED = ["systemd-run", "mkdir", "chmod", "curl", "date", "systemctl", "iptables", "mkfifo"];

const ranJob = (machine: MachineRun): boolean => machine.wrote("config") !== "";

describe("I-23 F-48: when a command fails", () => {
  const runs = new Map<string, { isOff: boolean; by: string; ranJob: boolean }>();

  const run = async (command: string): Promise<void> => {
    const table: RowTable = await startRowTable();
    table.put(storedRow());
    const machine = await startMachine({
      dynamoDb: table.endpoint,
      timeoutSeconds: 1,
      commands: { [command]: "exit 1" },
    });
    const isOff = await machine.untilOff(60);
    runs.set(command, { isOff, by: machine.poweredOffBy(), ranJob: ranJob(machine) });
    await machine.end();
    await table.close();
  };

  beforeAll(async () => {
    for (let from = 0; from < COMMANDS.length; from += 5) {
      await Promise.all(COMMANDS.slice(from, from + 5).map(run));
    }
  }, 240_000);

  it.each(COMMANDS)("%s: the machine ends", (command) => {
    expect(runs.get(command)).toMatchObject({ isOff: true });
  });

  it.each(NEEDED)("T-8: %s: no job runs", (command) => {
    expect(runs.get(command)).toMatchObject({ ranJob: false });
  });

  it("shutdown: systemctl does it", () => {
    expect(runs.get("shutdown")?.by).toBe("systemctl poweroff");
  });
});
