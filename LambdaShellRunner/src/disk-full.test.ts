import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mutedLog, muteLog } from "../../tests/gitlab-runner/handler-log";
import { LambdaRunner } from "../../tests/gitlab-runner/lambda-runner";
import {
  maySmallDiskBeMounted,
  mountSmallDisk,
  unmountSmallDisk,
} from "../../tests/gitlab-runner/small-disk";
import { describeWith } from "../../tests/needs";

// Real processes on a machine that may be busy.
jest.setTimeout(30_000);

const DISK_KIB = 512;
const FILL = "head -c 2000000 /dev/zero > $TMPDIR/full";

let runner: LambdaRunner;
beforeEach(muteLog);
afterEach(async () => {
  jest.restoreAllMocks();
  await runner.close();
});

/** As Node's file system reports it. */
const noSpace = (code: string): Error =>
  Object.assign(new Error(`${code}: no space left on device, mkdtemp '/tmp/job-XXXXXX'`), { code });

it.each(["ENOSPC", "EDQUOT"])(
  "F-78: no room for a job's folders (%s) is an outcome of its own, and thrown: the job gets its next attempt",
  async (code) => {
    runner = await LambdaRunner.open({ openRoot: () => Promise.reject(noSpace(code)) });
    await expect(runner.invoke(12)).rejects.toMatchObject({ name: "TransientError" });
    expect(mutedLog()).toContain('"outcome":"no-space"');
    expect(runner.gitlab.seen).toEqual([]);
  },
);

it("F-42: folders that cannot be made for another reason are an outcome too", async () => {
  runner = await LambdaRunner.open({ openRoot: () => Promise.reject(noSpace("EROFS")) });
  await expect(runner.invoke(12)).rejects.toMatchObject({ name: "TransientError" });
  expect(mutedLog()).toContain('"outcome":"runner-failed"');
});

it("F-78: legacy: the record of a runner without room is deleted all the same", async () => {
  const openRoot = () => Promise.reject(noSpace("ENOSPC"));
  runner = await LambdaRunner.open({ openRoot, row: { deletesOwnRecord: true } });
  await expect(runner.invoke(12)).rejects.toMatchObject({ name: "TransientError" });
  expect(runner.gitlab.seen.map(({ method }) => method)).toEqual(["DELETE"]);
});

describeWith(maySmallDiskBeMounted(), "no right to mount a file system")("F-78: a full disk", () => {
  beforeEach(async () => {
    runner = await LambdaRunner.open();
    if (!mountSmallDisk(runner.root, DISK_KIB)) throw new Error("The small disk could not be mounted");
  });
  afterEach(() => void unmountSmallDisk(runner.root));

  it("before the job: GitLab is not asked for one, the outcome says why, and nothing of ours is left", async () => {
    const foreign = join(runner.root, "foreign");
    expect(() => writeFileSync(foreign, Buffer.alloc(2 * DISK_KIB * 1_024))).toThrow("ENOSPC");
    runner.gitlab.push({ id: 7, script: ["true"] });
    await expect(runner.invoke(12)).rejects.toMatchObject({ name: "TransientError" });
    expect(mutedLog()).toContain('"outcome":"no-space"');
    expect(runner.gitlab.seen).toEqual([]);
    expect(readdirSync(runner.root)).toEqual(["foreign"]);
  });

  it("by the job: the job fails visibly, all is removed, and the next job has the room again", async () => {
    runner.gitlab.push({ id: 7, script: [FILL, "echo not reached"] });
    await expect(runner.invoke(12)).resolves.toMatchObject({ kind: "job-ended", status: "failed" });
    expect(runner.gitlab.updates(7).at(-1)).toMatchObject({
      state: "failed",
      failure_reason: "script_failure",
    });
    expect(runner.gitlab.trace(7)).toContain("No space left on device");
    expect(readdirSync(runner.root)).toEqual([]);
    runner.gitlab.push({ id: 8, script: ["head -c 200000 /dev/zero > $TMPDIR/fits", "echo done"] });
    await expect(runner.invoke(13)).resolves.toMatchObject({ jobId: 8, status: "success" });
  });

  it("by a job that does not mind: its result is told and its log is whole", async () => {
    runner.gitlab.push({ id: 7, script: [`${FILL} || echo full`, "seq 1 2000", "echo last line"] });
    await expect(runner.invoke(12)).resolves.toMatchObject({ kind: "job-ended", status: "success" });
    expect(runner.gitlab.trace(7)).toContain("full\n");
    expect(runner.gitlab.trace(7)).toContain("\n2000\n");
    expect(readdirSync(runner.root)).toEqual([]);
    expect(runner.thrownAway).toBe(0);
  });
});
