import { HOUR, settle, simulationWith } from "./scenario-parts";
import { seedOfTheDay } from "./seed-of-the-day";
import type { Machine } from "./world/machines";
import type { InvocationStatus } from "./world/reports";
import type { Simulation, SimulationOptions } from "./world/world";

/** From the end of a Lambda runner to its record's: 468 s to 36 minutes without Lambda's reports. */
const P95_SECONDS = 75;
const JOBS = 40;

/** Seconds from a runner's end to its record's, one for each runner that did not end its job. */
const watchEnds = (world: Simulation): number[] => {
  const seconds: number[] = [];
  const { onRemove } = world.gitLab;
  world.gitLab.onRemove = (runnerId) => {
    onRemove(runnerId);
    const { goneAt } = world.machines.byRunner.get(runnerId) ?? {};
    const ranItsJob = world.gitLab.jobsOf(runnerId).some(({ status }) => status === "success");
    if (goneAt !== undefined && !ranItsJob) seconds.push((world.timeline.now - goneAt) / 1000);
  };
  return seconds;
};

const p95 = (numbers: readonly number[]): number =>
  [...numbers].sort((one, other) => one - other)[Math.ceil(numbers.length * 0.95) - 1] ?? Number.NaN;

const print = (what: string, seconds: readonly number[]): void => {
  const [p, most] = [p95(seconds), Math.max(...seconds)].map((one) => one.toFixed(1));
  process.stdout.write(
    `from the end to the record gone, ${what}: p95 ${p} s, at most ${most} s, ${seconds.length} runners, seed ${seedOfTheDay()}\n`,
  );
};

const bring = (world: Simulation): void => {
  for (let job = 0; job < JOBS; job += 1) {
    world.after(job / 4, () => world.addJob({ kind: "lambda", projectId: job + 1, seconds: 300 }));
  }
};

const simulated = (options: Partial<SimulationOptions> = {}) =>
  simulationWith({ seed: seedOfTheDay(), stack: { totalLimit: 100, classLimit: 100 }, ...options });

/** Each machine is ended like that some seconds after it got its job. */
const endInTheMiddle = (world: Simulation, status: InvocationStatus): void => {
  const seen = new Set<Machine>();
  const look = (): void => {
    for (const machine of world.machines.alive) {
      if (machine.job?.startedAt === undefined || seen.has(machine)) continue;
      seen.add(machine);
      world.after(world.random.between(0, 120), () => world.machines.endFunction(machine, status));
    }
    world.after(1, look);
  };
  world.after(1, look);
};

/** GitLab answers every runner like that for so many seconds. */
const answerAll = (world: Simulation, answer: "held" | "refused", seconds: number): void => {
  const { request } = world.gitLab;
  world.gitLab.request = (asker) => {
    world.gitLab.contact(asker.runnerId);
    return answer;
  };
  world.after(seconds, () => {
    world.gitLab.request = request;
  });
};

describe("the end of a Lambda runner", () => {
  it.each<readonly [string, (world: Simulation) => void]>([
    ["no job", (world) => answerAll(world, "held", 150)],
    ["403 for 12 s", (world) => answerAll(world, "refused", 12)],
    ["a crash", (world) => endInTheMiddle(world, "error")],
    ["kill -9 of the handler", (world) => endInTheMiddle(world, "failure")],
    ["out of memory", (world) => endInTheMiddle(world, "failure")],
    ["its time-out", (world) => endInTheMiddle(world, "timeout")],
  ])("I-4 I-23: is followed by its record's within 75 s (p95): %s", async (what, breakIt) => {
    const world = simulated();
    const seconds = watchEnds(world);
    breakIt(world);
    bring(world);
    await settle(world, HOUR);
    print(what, seconds);
    expect(seconds.length).toBeGreaterThan(0);
    expect(p95(seconds)).toBeLessThan(P95_SECONDS);
  });

  it("F-36 I-23: a start that Lambda dropped is followed by the record's end within its age limit and 75 s", async () => {
    const world = simulated();
    const made = new Map<number, number>();
    const seconds: number[] = [];
    const { create, onRemove } = world.gitLab;
    world.gitLab.create = (runner) => {
      const record = create.call(world.gitLab, runner);
      if (record !== "limit") made.set(record.id, world.timeline.now);
      return record;
    };
    world.gitLab.onRemove = (runnerId) => {
      onRemove(runnerId);
      if (world.machines.byRunner.has(runnerId)) return;
      seconds.push((world.timeline.now - (made.get(runnerId) ?? 0)) / 1000);
    };
    world.lambda.options = { ...world.lambda.options, concurrency: 0 };
    world.after(world.lambda.options.maximumEventAgeSeconds + 200, () => {
      world.lambda.options = { ...world.lambda.options, concurrency: 1_000 };
    });
    bring(world);
    await settle(world, HOUR);
    print("start dropped (from its record's begin)", seconds);
    expect(seconds.length).toBeGreaterThanOrEqual(JOBS / 2);
    expect(p95(seconds)).toBeLessThan(world.lambda.options.maximumEventAgeSeconds + P95_SECONDS);
  });

  it("F-36: its job's next attempt begins at once, not at the next pass", async () => {
    const world = simulated({ passes: false });
    answerAll(world, "refused", 12);
    const job = world.addJob({ kind: "lambda" });
    await settle(world, HOUR);
    expect(job.status).toBe("success");
    expect(world.table.attempts.get(job.id)).toHaveLength(2);
  });

  it("I-2 I-3 I-31: reports that are lost, late, doubled and of second deliveries harm no job", async () => {
    const world = simulated({
      lambda: { twice: 0.5 },
      reports: { lost: 0.3, late: 0.3, twice: 0.5 },
      bus: { twice: 0.3, late: 0.3 },
    });
    bring(world);
    await settle(world, 2 * HOUR);
    for (const job of world.gitLab.jobs.values()) expect(job.status).toBe("success");
  });

  it("F-23: a GitLab that is down when the report comes delays the end, and loses it not", async () => {
    const world = simulated();
    const seconds = watchEnds(world);
    answerAll(world, "refused", 12);
    world.addJob({ kind: "lambda" });
    const { now } = world.timeline;
    world.mood.outages = [[now + 3_000, now + 100_000]];
    await settle(world, HOUR);
    // The outage of 100 s, a report's wait of a minute, and the passes that look again.
    expect(Math.max(...seconds)).toBeLessThan(5 * 60);
  });
});
