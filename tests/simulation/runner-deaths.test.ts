import { attemptsOf, expectMet, HAND_OUTS, HOUR, MINUTE, settle, total } from "./scenario-parts";
import type { Job } from "./world/gitlab";
import type { Kind } from "./world/stack";
import type { Simulation } from "./world/world";

const KINDS: readonly Kind[] = ["lambda", "ec2", "microVm"];
const IN_BOTH_WAYS = HAND_OUTS.flatMap((handOut) => KINDS.map((kind) => ({ ...handOut, kind })));

/** The machine that gets the next job dies at once without a report; later machines work. */
const firstDies = (world: Simulation, job: Job): void => {
  const { machines } = world;
  const options = machines.parts.options as { crashesAtHandOut: number };
  options.crashesAtHandOut = 1;
  world.when(
    () => job.runnerId !== undefined,
    () => {
      options.crashesAtHandOut = 0;
    },
  );
};

const attempt = (world: Simulation, job: Job) => world.table.attempts.get(job.id)?.at(-1);

describe.each(IN_BOTH_WAYS)(
  "a $kind runner that dies as it is given its job, where $handOut",
  ({ kind, acknowledgement, simulationWith }) => {
    const lost = (retries: number) => {
      const world = simulationWith();
      const job = world.addJob({ kind, retries });
      firstDies(world, job);
      return { world, job };
    };

    it("F-59 I-1 I-4: leaves nothing behind, and GitLab fails its job", async () => {
      const { world, job } = lost(0);
      await settle(world, 3 * HOUR);
      const expected = acknowledgement ? ["success", 2] : ["failed", 1];
      expect([job.status, attemptsOf(world, job)]).toEqual(expected);
    });

    it("F-59 I-1: is followed by a runner of its own where the job asks for a retry", async () => {
      const { world } = lost(1);
      await settle(world, 3 * HOUR);
      const all = [...world.gitLab.jobs.values()];
      // With an acknowledgement the job was never the dead runner's: it is met itself.
      expect(all.map(({ status }) => status)).toEqual(acknowledgement ? ["success"] : ["failed", "success"]);
      expectMet(all.at(-1)!);
      expect(new Set(all.map(({ runnerId }) => runnerId)).size).toBe(all.length);
    });
  },
);

describe("an instance that dies with a job that is running, where a job runs as it is handed out", () => {
  const { simulationWith } = HAND_OUTS[0]!;

  it("F-59: record, slot and attempt are closed at once, and the attempt has the reason", async () => {
    const world = simulationWith();
    const job = world.addJob({ kind: "ec2", seconds: 20 * MINUTE });
    firstDies(world, job);
    await world.run(5 * MINUTE);
    expect(job.status).toBe("running");
    expect(world.gitLab.records.size).toBe(0);
    expect(world.table.runners.get(job.runnerId ?? 0)).toMatchObject({ state: "GONE" });
    expect(attempt(world, job)).toMatchObject({
      state: "ENDED",
      reason: "instance-terminated",
      ranOnRunnerId: job.runnerId,
    });
    expect(attempt(world, job)).not.toHaveProperty("outcome");
    await settle(world, 3 * HOUR);
    // Nothing is open any more, so it settles with the job's end and before its webhook.
    await world.run(MINUTE);
    expect(attempt(world, job)).toMatchObject({ reason: "instance-terminated", outcome: "failed" });
    expect(total(world, "JobsFailed")).toBe(0);
  });
});
