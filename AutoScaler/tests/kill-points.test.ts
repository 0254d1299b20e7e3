import type { Dependencies } from "../src/dependencies";
import type { GitLabJob } from "../src/ports";
import { type FaultKind, faultPlan, ProcessDied, withFaults } from "../src/testing/fakes/faults";
import { machines } from "../src/testing/fakes/machines";
import { isClean, NOTHING, remains } from "../src/testing/fakes/remains";
import { detailOf, testSystem, webhook, workflows } from "../src/testing/fakes/test-system";

/** One call of one execution has a fault; afterwards only passes run. Every job must be met and nothing left. */
interface Scenario {
  readonly name: string;
  readonly tags: readonly string[];
  /** A second job of the same class, and GitLab gives jobs away newest first. */
  readonly isStolen?: boolean;
  readonly isCancelled?: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  { name: "a job on Lambda", tags: [] },
  { name: "a job on EC2", tags: ["ec2"] },
  { name: "a job on EC2 that asks for its size", tags: ["aws:cpu=2", "aws:spot=false"] },
  { name: "two jobs that exchange their runners", tags: ["ec2"], isStolen: true },
  { name: "a job cancelled before its runner is up", tags: ["ec2"], isCancelled: true },
];

const MINUTE = 60_000;
/** An orphan is left alone for ten minutes before it is adopted. */
const MAX_MINUTES = 15;

const play = async (scenario: Scenario, at: number | undefined, kind: FaultKind | undefined) => {
  const system = testSystem({ totalLimit: 2, classLimit: 2 });
  const plan = faultPlan(at, kind);
  const { ledger, rows, gitLab, instances, bus, mappings, settings, clock } = system;
  const faulty: Dependencies = {
    ...system.dependencies,
    ledger: withFaults(ledger, plan, "ledger"),
    rows: withFaults(rows, plan, "rows"),
    gitLab: withFaults(gitLab, plan, "gitLab"),
    instances: withFaults(instances, plan, "instances"),
    bus: withFaults(bus, plan, "bus"),
    mappings: withFaults(mappings, plan, "mappings"),
    settings: withFaults(settings, plan, "settings"),
  };
  const providers = {
    lambda: withFaults(system.lambda, plan, "lambda"),
    ec2: withFaults(system.ec2, plan, "ec2"),
  };
  const run = workflows(faulty, providers, system.routing);
  const fleet = machines(system);
  const prefer = (jobs: GitLabJob[]) => (scenario.isStolen ? jobs.at(-1) : jobs[0]);

  /** An execution; its error is the workflow's business. A process that died is followed by a fresh one. */
  const execute = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ProcessDied) && !["TransientError"].includes((error as Error).name)) throw error;
    }
    plan.isDead = false;
  };
  const drain = async (): Promise<void> => {
    for (let round = 0; bus.events.length > 0 && round < 50; round += 1) {
      const [event] = bus.events.splice(0, 1);
      if (event) await execute(() => run.deliver(detailOf(event)));
    }
  };
  const minute = async (finish: boolean): Promise<void> => {
    await drain();
    fleet.boot();
    fleet.takeJobs(prefer);
    fleet.settle(finish);
    fleet.giveUpWaiting();
    clock.advance(MINUTE);
    await execute(run.reconcile);
    await drain();
  };

  const jobs = [system.gitLab.addJob({ id: 7, tags: scenario.tags })];
  if (scenario.isStolen) jobs.push(system.gitLab.addJob({ id: 8, tags: scenario.tags }));
  for (const job of jobs) await execute(() => run.deliver(webhook(job)));
  if (scenario.isCancelled) {
    gitLab.change(7, { status: "canceled", finishedAt: clock.now() });
    await execute(() => run.deliver(webhook({ ...jobs[0]!, status: "canceled" })));
  }
  fleet.boot();
  fleet.takeJobs(prefer);
  for (const job of jobs) {
    const now = gitLab.jobsById.get(job.id)!;
    if (now.status === "running") await execute(() => run.deliver(webhook(now)));
  }
  await drain();
  fleet.settle(true);
  for (const job of jobs) {
    const now = gitLab.jobsById.get(job.id)!;
    if (now.status === "success") await execute(() => run.deliver(webhook(now)));
  }
  let minutes = 0;
  while (minutes < MAX_MINUTES && !isClean(remains(system, fleet.killed))) {
    await minute(true);
    minutes += 1;
  }
  return { left: remains(system, fleet.killed), minutes, calls: plan.calls };
};

const expectAllGone = async (scenario: Scenario, at?: number, kind?: FaultKind): Promise<number> => {
  const { left, minutes, calls } = await play(scenario, at, kind);
  const fault = at === undefined ? "no fault" : `${kind} at call ${at}, ${calls[at]}`;
  expect({ fault, ...left }).toEqual({ fault, ...NOTHING });
  return minutes;
};

describe.each(SCENARIOS)("kill points: $name", (scenario) => {
  it("I-4 I-5: leaves nothing, without a pass, when nothing goes wrong", async () => {
    expect(await expectAllGone(scenario)).toBe(0);
  });

  it.each<FaultKind>(["fails", "loses-answer", "dies"])(
    "I-1 I-2 I-3 I-4 I-19 I-21: meets every job and leaves nothing, whichever call %s",
    async (kind) => {
      const { calls } = await play(scenario, undefined, undefined);
      expect(calls.length).toBeGreaterThan(10);
      for (let at = 0; at < calls.length; at += 1) await expectAllGone(scenario, at, kind);
    },
    60_000,
  );
});
