import fc from "fast-check";
import { assertRuns } from "../../tests/simulation/random-runs";
import type { Dependencies } from "../src/dependencies";
import { STACK } from "../src/ports";
import { interleaved } from "../src/testing/fakes/interleaved";
import { machines } from "../src/testing/fakes/machines";
import { isClean, NOTHING, remains } from "../src/testing/fakes/remains";
import { detailOf, testSystem, webhook, workflows } from "../src/testing/fakes/test-system";

const MINUTE = 60_000;
const SLOTS = 3;

/** What becomes of a webhook on its way. */
const fate = fc.constantFrom<("lost" | "once" | "twice" | "late")[]>("lost", "once", "once", "twice", "late");

interface Job {
  readonly tag: "ec2" | "lambda";
  readonly isCancelled: boolean;
  readonly isForeign: boolean;
  readonly fates: readonly ("lost" | "once" | "twice" | "late")[];
}

const randomJob: fc.Arbitrary<Job> = fc.record({
  tag: fc.constantFrom<("ec2" | "lambda")[]>("ec2", "ec2", "lambda"),
  isCancelled: fc.boolean(),
  isForeign: fc.boolean(),
  fates: fc.tuple(fate, fate, fate),
});

/** Several concurrent jobs, with every call of every execution in the scheduler's order. */
const play = async (
  jobs: readonly Job[],
  scheduler: fc.Scheduler,
  picks: readonly number[],
  allLost: boolean,
) => {
  const system = testSystem({ totalLimit: SLOTS, classLimit: SLOTS });
  const { ledger, rows, gitLab, instances, bus, mappings, settings, clock } = system;
  const fleet = machines(system);
  let pick = 0;
  const prefer = <Item>(items: readonly Item[]): Item | undefined => {
    pick += 1;
    return items.length === 0 ? undefined : items[(picks[pick % picks.length] ?? 0) % items.length];
  };
  const slow: Dependencies = {
    ...system.dependencies,
    ledger: interleaved(ledger, scheduler),
    rows: interleaved(rows, scheduler),
    gitLab: interleaved(gitLab, scheduler),
    instances: interleaved(instances, scheduler),
    mappings: interleaved(mappings, scheduler),
    settings: interleaved(settings, scheduler),
  };
  const run = workflows(
    slow,
    { lambda: interleaved(system.lambda, scheduler), ec2: interleaved(system.ec2, scheduler) },
    system.routing,
  );
  let mostAlive = 0;
  const late: Record<string, unknown>[] = [];

  const together = async (inputs: readonly Record<string, unknown>[]): Promise<void> => {
    const executions = inputs.map((input) => run.deliver(input).catch(() => undefined));
    await scheduler.waitFor(Promise.all(executions));
    const alive = [...instances.instances.values()].filter(({ state }) => state === "running").length;
    mostAlive = Math.max(mostAlive, alive);
  };
  const send = (
    input: Record<string, unknown>,
    kind: Job["fates"][number] | undefined,
  ): Record<string, unknown>[] => {
    if (allLost || kind === "lost" || kind === undefined) return [];
    if (kind === "late") late.push(input);
    return kind === "twice" ? [input, input] : kind === "once" ? [input] : [];
  };
  const drain = async (): Promise<void> => {
    for (let round = 0; bus.events.length > 0 && round < 30; round += 1) {
      await together(bus.events.splice(0).map(detailOf));
    }
  };
  const step = async (finish: boolean): Promise<void> => {
    fleet.boot();
    fleet.takeJobs(prefer);
    const running = jobs.flatMap((one, index) => {
      const job = gitLab.jobsById.get(index + 1)!;
      return job.status === "running" && !one.isForeign ? send(webhook(job), one.fates[1]) : [];
    });
    await together(running);
    fleet.settle(finish);
    const ended = jobs.flatMap((one, index) => {
      const job = gitLab.jobsById.get(index + 1)!;
      return job.status === "success" && !one.isForeign ? send(webhook(job), one.fates[2]) : [];
    });
    await together(ended);
    await drain();
    fleet.settle(false);
    fleet.giveUpWaiting();
  };

  const pending = jobs.flatMap((one, index) => {
    const job = gitLab.addJob({ id: index + 1, tags: one.tag === "ec2" ? ["ec2"] : [] });
    return one.isForeign ? [] : send(webhook(job), one.fates[0]);
  });
  await together(pending);
  jobs.forEach((one, index) => {
    const job = gitLab.jobsById.get(index + 1)!;
    if (!one.isCancelled || one.isForeign || job.status !== "pending") return;
    gitLab.change(job.id, { status: "canceled", finishedAt: clock.now() });
    late.push(...send(webhook({ ...job, status: "canceled" }), one.fates[2]));
  });
  await step(false);
  await step(true);
  let minutes = 0;
  const MOST = 40;
  while (minutes < MOST && !(isClean(remains(system, fleet.killed)) && minutes > 2)) {
    clock.advance(MINUTE);
    minutes += 1;
    await scheduler.waitFor(run.reconcile().catch(() => undefined));
    await together(late.splice(0));
    await drain();
    await step(true);
  }
  return { left: remains(system, fleet.killed), mostAlive, system, minutes };
};

const expectMetAndGone = async (
  jobs: readonly Job[],
  scheduler: fc.Scheduler,
  picks: readonly number[],
  allLost = false,
): Promise<void> => {
  const { left, mostAlive, system } = await play(jobs, scheduler, picks, allLost);
  expect(left).toEqual({ ...NOTHING, excess: left.excess });
  expect(mostAlive).toBeLessThanOrEqual(SLOTS);
  expect(system.ledger.taken(STACK)).toBe(0);
  const attempts = [...system.ledger.items.values()].filter((item) => item.kind === "attempt");
  expect(system.ec2.launched.size + system.lambda.launched.size).toBeLessThanOrEqual(attempts.length);
};

/** Runs that found something, by what fast-check said of them. */
const REGRESSIONS = [
  { seed: -1190177795, path: "60", allLost: false },
  { seed: 8, path: "7", allLost: true },
];

const RUNS = { anyOrder: 150, allLost: 50 };
const jobs = fc.array(randomJob, { minLength: 1, maxLength: 5 });
const picks = fc.array(fc.nat(10), { minLength: 1, maxLength: 20 });

describe("random jobs", () => {
  it("I-1 I-2 I-3 I-4 I-5 I-22: meets all jobs and leaves nothing in any order of calls, with foreign jobs and lost webhooks", async () => {
    await assertRuns(
      "any order of calls",
      fc.asyncProperty(jobs, fc.scheduler(), picks, (some, scheduler, chosen) =>
        expectMetAndGone(some, scheduler, chosen),
      ),
      RUNS.anyOrder,
    );
  }, 120_000);

  it.each(REGRESSIONS)(
    "I-1 I-4: does so in the order that $seed $path stands for",
    async ({ allLost, ...found }) => {
      await fc.assert(
        fc.asyncProperty(jobs, fc.scheduler(), picks, (some, scheduler, chosen) =>
          expectMetAndGone(some, scheduler, chosen, allLost),
        ),
        { ...found, numRuns: 1 },
      );
    },
  );

  it("I-8: does so when every webhook is lost", async () => {
    await assertRuns(
      "any order of calls, lost webhooks",
      fc.asyncProperty(jobs, fc.scheduler(), picks, (some, scheduler, chosen) =>
        expectMetAndGone(some, scheduler, chosen, true),
      ),
      RUNS.allLost,
    );
  }, 120_000);
});
