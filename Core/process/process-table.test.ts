import { itWith } from "../../tests/needs";
import { parsePsLine, parseStat, procTable } from "./process-table";

describe("the process table", () => {
  it("reads /proc/<pid>/stat whatever the process calls itself", () => {
    const stat = `42 (a) R 1 (b) S 7 40 39 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000 5 0`;
    expect(parseStat(42, stat)).toEqual({
      pid: 42,
      parent: 7,
      group: 40,
      session: 39,
      started: "123456",
      isZombie: false,
    });
  });

  it("reads a line of ps", () => {
    expect(parsePsLine("  42     7    40 S+   Wed Nov 25 16:00:00 2026    ")).toEqual({
      pid: 42,
      parent: 7,
      group: 40,
      session: 0,
      started: "Wed Nov 25 16:00:00 2026",
      isZombie: false,
    });
  });

  const onLinux = itWith(process.platform === "linux", "no /proc");
  onLinux("lists this process with its parent", () => {
    expect(procTable.list()).toContainEqual(
      expect.objectContaining({ pid: process.pid, parent: process.ppid, isZombie: false }),
    );
  });
});
