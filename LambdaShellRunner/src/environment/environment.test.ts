import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobProcesses } from "../../../Core/process/job-processes";
import { Environment } from "./environment";
import { isInLambda, openRoot } from "./environment-root";

let folder: string;
beforeEach(() => {
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
  folder = mkdtempSync(join(tmpdir(), "environment-"));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const open = () => openRoot({ RUNNER_ROOT: join(folder, "root") }, false);

describe("an environment", () => {
  it("T-10 I-29: with tenant isolation refuses another job, before anything is taken", () => {
    const environment = new Environment(true, open, () => {});
    environment.enter("first");
    expect(() => environment.enter("second")).toThrow(
      expect.objectContaining({ name: "ConfigurationError" }),
    );
  });

  it("F-41: knows the event that it served before", () => {
    const environment = new Environment(true, open, () => {});
    environment.enter("first");
    expect(environment.hasServed("first")).toBe(true);
    expect(environment.hasServed("second")).toBe(false);
  });

  it("T-10: without tenant isolation takes one job after another", () => {
    const environment = new Environment(false, open, () => {});
    environment.enter("first");
    expect(() => environment.enter("second")).not.toThrow();
  });

  it("I-29: removes everything, also from folders that the job closed", async () => {
    const thrownAway = jest.fn();
    const environment = new Environment(false, open, thrownAway);
    const root = await environment.openRoot();
    mkdirSync(join(root.folder, "a/b"), { recursive: true });
    writeFileSync(join(root.folder, "a/b/c"), "left");
    chmodSync(join(root.folder, "a/b"), 0);
    writeFileSync(join(folder, "neighbour"), "not ours");
    await environment.clean(root, undefined);
    expect(existsSync(root.folder)).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(["neighbour", "root"]);
    expect(thrownAway).not.toHaveBeenCalled();
  });

  it("I-29: removes folders that are nested deeper than a path may be long", async () => {
    const thrownAway = jest.fn();
    const environment = new Environment(false, open, thrownAway);
    const root = await environment.openRoot();
    const nest = `name=$(printf 'x%.0s' {1..200}); for _ in {1..60}; do mkdir $name && cd ./$name; done; touch last`;
    expect(spawnSync("bash", ["-c", nest], { cwd: root.folder }).status).toBe(0);
    await environment.clean(root, undefined);
    expect(existsSync(root.folder)).toBe(false);
    expect(thrownAway).not.toHaveBeenCalled();
  });

  it.each([
    ["a process", { areProcessesGone: false, areFilesGone: true }],
    ["a file", { areProcessesGone: true, areFilesGone: false }],
  ])("T-10: refuses a job before its row is taken when %s of a former job stays", async (_, left) => {
    const thrownAway = jest.fn();
    const environment = new Environment(false, open, thrownAway, async () => ({
      processes: 1,
      files: 1,
      ...left,
    }));
    await expect(environment.prepare()).rejects.toMatchObject({ name: "TransientError" });
    expect(thrownAway).toHaveBeenCalledTimes(1);
  });

  it("I-29: does not follow a link out of its folder", async () => {
    const environment = new Environment(false, open, () => {});
    const root = await environment.openRoot();
    writeFileSync(join(folder, "neighbour"), "not ours");
    symlinkSync(folder, join(root.folder, "link"));
    await environment.clean(root, undefined);
    expect(existsSync(join(folder, "neighbour"))).toBe(true);
  });

  it("I-29: is thrown away when a process of the job cannot be ended", async () => {
    const thrownAway = jest.fn();
    const environment = new Environment(false, open, thrownAway);
    const stuck = { end: async () => false } as unknown as JobProcesses;
    await environment.clean(await environment.openRoot(), stuck);
    expect(thrownAway).toHaveBeenCalledTimes(1);
  });

  it("I-29: is thrown away when a file cannot be removed", async () => {
    const thrownAway = jest.fn();
    const environment = new Environment(false, open, thrownAway);
    await environment.clean(
      { folder: "/proc/self", emptied: ["/proc/self/fdinfo"], isAlone: true },
      undefined,
    );
    expect(thrownAway).toHaveBeenCalledTimes(1);
  });
});

describe("where a job may write", () => {
  it("is all of /tmp in Lambda, and only there", async () => {
    await expect(openRoot({}, true)).resolves.toEqual({
      folder: "/tmp",
      emptied: ["/tmp", "/dev/shm"],
      isAlone: true,
    });
    expect(isInLambda({ LAMBDA_TASK_ROOT: "/var/task", AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001" })).toBe(
      existsSync("/var/runtime"),
    );
  });

  it("is a new folder each time on a laptop, whatever variables it has", async () => {
    const [one, two] = [await open(), await open()];
    expect(one.folder).not.toBe(two.folder);
    for (const root of [one, two]) expect(root).toMatchObject({ emptied: [root.folder], isAlone: false });
  });
});
