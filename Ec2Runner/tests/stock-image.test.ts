import { setTimeout as sleep } from "node:timers/promises";
import { INSTALL_FAILURE_CODES, type InstallFailure } from "../../Core/model/reasons";
import { installSecondsOf } from "../../Core/waiting/machine-id";
import type { MachineImage } from "../../local/ec2/machine/machine-image";
import { type MachineOptions, type MachineRun, startMachine, storedRow, TOKEN } from "./machine-run";
import { type RowTable, startRowTable } from "./row-table";

const AMAZON: MachineImage = { system: "amzn2023", isPrepared: false };
const UBUNTU: MachineImage = { system: "ubuntu24.04", isPrepared: false };

const ran = async (
  options: Partial<MachineOptions>,
  look: (machine: MachineRun, table: RowTable) => void,
) => {
  const table = await startRowTable();
  table.put(storedRow());
  const machine = await startMachine({ dynamoDb: table.endpoint, ...options });
  try {
    expect(await machine.untilOff(40)).toBe(true);
    // The script itself ends a moment after its power-off, on a busy machine seconds.
    for (let tries = 0; tries < 100 && machine.exitCode() === null; tries += 1) await sleep(100);
    look(machine, table);
  } finally {
    await machine.end();
    await table.close();
  }
};

const lines = (machine: MachineRun): readonly string[] =>
  machine
    .console()
    .split("\n")
    .filter((line) => line.startsWith("glr: "))
    .map((line) => line.replace(/ \d+ s$/, " N s"));

const ranJob = (machine: MachineRun): boolean => machine.wrote("config").includes(TOKEN);

jest.setTimeout(60_000);

describe("a machine whose image lacks Docker and gitlab-runner", () => {
  it.concurrent("installs them and runs its job, on Amazon Linux 2023", () =>
    ran({ image: AMAZON }, (machine) => {
      expect(ranJob(machine)).toBe(true);
      expect(lines(machine)).toEqual([
        "glr: installing Docker and git: the image lacks them, or gitlab-runner",
        expect.stringMatching(/^glr: installing gitlab-runner \d+\.\d+\.\d+$/),
        "glr: installed after N s",
        "glr: done",
        "glr: powering off after N s",
      ]);
      expect(machine.calls()).toContain("dnf install -qy docker git iptables-nft");
    }));

  it.concurrent("installs them on Ubuntu 24.04, from the archive of a fixed day", () =>
    ran({ image: UBUNTU }, (machine) => {
      expect(ranJob(machine)).toBe(true);
      const installs = machine.calls().filter((call) => call.startsWith("apt-get"));
      expect(installs).toHaveLength(2);
      for (const call of installs) expect(call).toMatch(/ --snapshot \d{8}T000000Z/);
    }));

  it.concurrent("says in the id that GitLab shows with its job for how many seconds it installed", () =>
    ran({ image: AMAZON }, (machine) => {
      // What gitlab-runner takes for an id, and its stand-in too (local/gitlab-runner/src/config.ts).
      expect(machine.wrote("system-id")).toMatch(/^[sr]_[0-9a-zA-Z]{12}$/);
      // The stubs install in a second or two.
      expect(installSecondsOf(machine.wrote("system-id"))).toBeGreaterThanOrEqual(1);
      // Limited by the test's own time.
      expect(installSecondsOf(machine.wrote("system-id"))).toBeLessThan(60);
    }));

  it.concurrent("T-24: takes gitlab-runner by name and version, over https, with sums and signature", () =>
    ran({ image: AMAZON }, (machine) => {
      const fetched = machine.calls().filter((call) => call.startsWith("curl "));
      expect(fetched.map((call) => call.replace(/.*\//, ""))).toEqual([
        "release.sha256",
        "release.sha256.asc",
        expect.stringMatching(/^gitlab-runner-linux-(amd64|arm64)$/),
        expect.stringMatching(/\.pub\.gpg$/),
      ]);
      for (const call of fetched) expect(call).toMatch(/^curl https:/);
    }));

  it.concurrent("T-13: has taken its row by then, and holds no token on its disk", () =>
    ran({ image: AMAZON, installFault: "no-download" }, (machine, table) => {
      expect(table.rows.size).toBe(0);
      expect(machine.everything()).not.toContain(TOKEN);
    }));

  const PLAYED = INSTALL_FAILURE_CODES.filter((code) => code !== "unknown-system");
  it.concurrent.each<InstallFailure>(PLAYED)(
    "F-79: %s: says so, runs no job and powers off",
    (installFault) =>
      // Four minutes of a package manager are cut short: what counts is that the limit ends it.
      ran(
        { image: AMAZON, installFault, installSeconds: installFault === "too-slow" ? 2 : 20 },
        (machine) => {
          expect(lines(machine)).toContain(`glr: not installed: ${installFault}`);
          expect(ranJob(machine)).toBe(false);
          expect(machine.exitCode()).toBe(1);
        },
      ),
  );

  it.concurrent("F-79: unknown-system: installs nothing on another distribution", () =>
    ran({ image: { system: "debian13", isPrepared: false } }, (machine) => {
      expect(lines(machine)).toContain("glr: not installed: unknown-system");
      expect(machine.calls().filter((call) => /^(dnf|apt-get|curl) /.test(call))).toEqual([]);
    }));
});

describe("a machine with a prepared image", () => {
  it.concurrent("installs nothing", () =>
    ran({ image: { system: "amzn2023", isPrepared: true } }, (machine) => {
      expect(ranJob(machine)).toBe(true);
      expect(lines(machine)).toEqual(["glr: done", "glr: powering off after N s"]);
      expect(machine.wrote("system-id")).toMatch(/^r_[0-9a-f]{12}$/);
    }));
});
