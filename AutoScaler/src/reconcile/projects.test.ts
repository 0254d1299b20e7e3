import { TransientError } from "../../../Core/errors";
import { parseReconcilerState } from "../../../Core/ledger/reconciler-state";
import type { Dependencies } from "../dependencies";
import type { GitLab, GitLabProject } from "../ports";
import { type TestSystem, testSystem, webhook, workflows } from "../testing/fakes/test-system";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MEMBER = 20;
const member = (id: number): GitLabProject => ({ id, path: `group/project-${id}` });

const withPorts = (system: TestSystem, ports: Partial<Dependencies>) =>
  workflows({ ...system.dependencies, ...ports }, { lambda: system.lambda, ec2: system.ec2 }, system.routing);

/** A pass with a GitLab of which some calls are another's, and which names project 20 alone as the token's. */
const reconcileWith = (system: TestSystem, calls: Partial<GitLab> = {}) => {
  const projects = async () => ({ items: [member(MEMBER)] });
  return withPorts(system, { gitLab: { ...system.gitLab, projects, ...calls } }).reconcile();
};

const foundJobs = (system: TestSystem): readonly number[] =>
  system.bus.events.flatMap((event) => (event.detailType === "GitLabJobEvent" ? [event.job.id] : []));

const state = async (system: TestSystem) =>
  parseReconcilerState(await system.ledger.stateRecord("reconciler"));

/** A pending job that should have been told of. */
const lost = (system: TestSystem, id: number, projectId: number) =>
  system.gitLab.addJob({ id, projectId, createdAt: system.clock.now() - MINUTE });

const down = () => Promise.reject(new TransientError("500"));

describe("projects that refuse the list of their jobs", () => {
  /** So many projects that refuse come before the one with a job. */
  const refusing = (count: number, status: 403 | 404 = 403): TestSystem => {
    const system = testSystem();
    for (let project = 1; project <= count; project += 1) {
      system.gitLab.refusedProjects.set(project, status);
      system.mappings.add({ pk: `project#${project}#job#build`, sk: "tags#", type: "EC2" });
    }
    lost(system, 7, MEMBER);
    return system;
  };

  /** How often a project's list was asked for in each of the next passes, a minute apart. */
  const passes = async (system: TestSystem, minutes: number, projectId = 1): Promise<readonly number[]> => {
    const asked: number[] = [];
    for (let minute = 0; minute < minutes; minute += 1) {
      const jobs: GitLab["jobs"] = (project, ...rest) => {
        if (project === projectId) asked.push(minute);
        return system.gitLab.jobs(project, ...rest);
      };
      await reconcileWith(system, { jobs });
      system.clock.advance(MINUTE);
    }
    return asked;
  };

  it.each([3, 12])(
    "I-24: %i of them keep no other project from being listed, and are no failure",
    async (count) => {
      const system = refusing(count);
      expect(await reconcileWith(system)).toMatchObject({ kind: "reconciled", failures: [] });
      expect(foundJobs(system)).toEqual([7]);
    },
  );

  it("I-25: are asked less and less often, once a day at least", async () => {
    const system = refusing(1);
    expect(await passes(system, 3 * 24 * 60)).toEqual([
      0, 2, 6, 14, 30, 62, 126, 254, 510, 1_022, 2_046, 3_486,
    ]);
  });

  it("I-8: one that answers again is asked in every pass, and its jobs are found", async () => {
    const system = refusing(1);
    await passes(system, 5);
    system.gitLab.refusedProjects.clear();
    lost(system, 8, 1);
    expect(await passes(system, 5)).toEqual([1, 2, 3, 4]);
    expect(foundJobs(system)).toContain(8);
    expect((await state(system)).refusals).toEqual({});
  });

  it("I-8: one of which a job is seen meanwhile is asked in the next pass", async () => {
    const system = refusing(1);
    await passes(system, 20);
    system.gitLab.refusedProjects.clear();
    await system.start(webhook(system.gitLab.addJob({ id: 8, projectId: 1 })));
    system.clock.advance(MINUTE);
    expect(await passes(system, 1)).toEqual([0]);
  });

  it.each<[string, 403 | 404, boolean, boolean]>([
    ["404 and nothing names it: dropped", 404, false, false],
    ["404 and the mapping names it: kept", 404, true, true],
    ["403: kept", 403, false, true],
  ])("I-25: is dropped when it is gone for a day: %s", async (_, status, isNamed, isKept) => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 8, projectId: 1, status: "pending" });
    await system.start(webhook(job));
    await reconcileWith(system);
    await system.stop(webhook({ ...job, status: "canceled" }));
    system.gitLab.change(8, { status: "canceled" });
    await system.stop(webhook(system.gitLab.jobsById.get(8)!));
    system.gitLab.refusedProjects.set(1, status);
    if (isNamed) system.mappings.add({ pk: "project#1#job#build", sk: "tags#", type: "EC2" });
    for (let hours = 0; hours < 30; hours += 1) {
      system.clock.advance(DAY / 24);
      await reconcileWith(system);
    }
    const { projects, refusals } = await state(system);
    expect([1 in projects, 1 in refusals]).toEqual([isKept, isKept]);
  });

  it("closes the attempt of a job whose project was deleted a day ago", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 8, projectId: 1, tags: ["ec2"] });
    await system.start(webhook(job));
    system.gitLab.jobsById.delete(8);
    system.gitLab.refusedProjects.set(1, 404);
    for (let hours = 0; hours < 60; hours += 1) {
      system.clock.advance(DAY / 24);
      await reconcileWith(system);
      for (const event of system.bus.events.splice(0))
        if (event.detailType === "RunnerEnded") await system.stop({ ...event });
    }
    const [attempt] = await system.ledger.attempts(8);
    expect(["ENDED", "FAILED"]).toContain(attempt?.state);
  });

  it("F-28: a GitLab that fails three times in a row is not asked again until the next pass, which continues there", async () => {
    const system = testSystem();
    for (let project = 1; project <= 12; project += 1) lost(system, project, project);
    const asked: number[] = [];
    const jobs: GitLab["jobs"] = (project) => {
      asked.push(project);
      return project === 2 ? system.gitLab.jobs(project, ["pending"]) : down();
    };
    const { projects } = system.gitLab;
    expect(await reconcileWith(system, { projects, jobs })).toMatchObject({
      failures: ["project 1: TransientError 500 (and 6 more)"],
    });
    // Four at a time; of the first four not all failed.
    expect(asked.splice(0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await reconcileWith(system, { projects, jobs });
    expect(asked[0]).toBe(9);
  });
});

describe("a part of a pass that fails", () => {
  it.each<[string, Partial<GitLab>]>([
    ["membership", { projects: down }],
    ["records", { runners: down }],
  ])("I-24: %s: what is known is read in any case, named and counted", async (part, calls) => {
    const system = testSystem();
    await reconcileWith(system);
    system.clock.advance(11 * MINUTE);
    lost(system, 7, MEMBER);
    expect(await reconcileWith(system, calls)).toMatchObject({ failures: [`${part}: TransientError 500`] });
    expect(foundJobs(system)).toEqual([7]);
    expect(system.metrics.total("ReconcilerFailures")).toBe(1);
  });

  it("I-24: membership: what the mapping names and the pages that came are known", async () => {
    const system = testSystem();
    system.mappings.add({ pk: "project#3#job#build", sk: "tags#", type: "EC2" });
    lost(system, 7, MEMBER);
    lost(system, 8, 3);
    const projects: GitLab["projects"] = (cursor) =>
      cursor === undefined ? Promise.resolve({ items: [member(MEMBER)], next: "2" }) : down();
    await reconcileWith(system, { projects });
    expect([...foundJobs(system)].sort()).toEqual([7, 8]);
  });

  it("I-24: membership: is read again in the next pass, not after ten minutes", async () => {
    const system = testSystem();
    await reconcileWith(system, { projects: down });
    system.clock.advance(MINUTE);
    lost(system, 7, MEMBER);
    await reconcileWith(system);
    expect(foundJobs(system)).toEqual([7]);
  });

  it("I-24: is kept with the time since when, until it succeeds", async () => {
    const system = testSystem();
    const begin = system.clock.now();
    await reconcileWith(system, { projects: down });
    system.clock.advance(5 * MINUTE);
    await reconcileWith(system, { projects: down });
    expect((await state(system)).failing).toEqual({
      membership: { since: begin, error: "TransientError 500" },
    });
    await reconcileWith(system);
    expect(await state(system)).toMatchObject({ failing: {}, doneAt: system.clock.now() });
  });

  it("I-24: events: those that a bus refuses keep no others back", async () => {
    const system = testSystem();
    for (let id = 1; id <= 60; id += 1) lost(system, id, MEMBER);
    let calls = 0;
    const put: Dependencies["bus"]["put"] = (events) => {
      calls += 1;
      return calls === 2 ? down() : system.bus.put(events);
    };
    const projects = async () => ({ items: [member(MEMBER)] });
    const gitLab = { ...system.gitLab, projects };
    const report = await withPorts(system, { gitLab, bus: { ...system.bus, put } }).reconcile();
    expect(report).toMatchObject({
      kind: "reconciled",
      events: 40,
      failures: ["events: TransientError 500"],
    });
  });

  it("F-23: a GitLab that does not say what became of single jobs is named", async () => {
    const system = testSystem();
    const job = system.gitLab.addJob({ id: 7, projectId: MEMBER, tags: ["ec2"] });
    await system.start(webhook(job));
    system.clock.advance(2 * MINUTE);
    system.gitLab.change(7, { status: "canceled" });
    expect(await reconcileWith(system, { job: down })).toMatchObject({
      failures: ["single-job 7: TransientError 500"],
    });
  });
});

describe("a project that nobody has named yet", () => {
  it.each<[string, (system: TestSystem) => Promise<unknown>]>([
    [
      "a job of ours that came and went between two passes",
      async (system) => {
        const job = system.gitLab.addJob({ id: 7, projectId: 5, tags: ["ec2"] });
        await system.start(webhook(job));
        system.gitLab.change(7, { status: "running", runnerId: 9001, startedAt: system.clock.now() });
        await system.pickUp(webhook(system.gitLab.jobsById.get(7)!));
        system.gitLab.change(7, { status: "success" });
        await system.stop(webhook(system.gitLab.jobsById.get(7)!));
      },
    ],
    [
      "a start that failed",
      async (system) => {
        system.gitLab.refuses = "no more runners";
        await system.start(webhook(system.gitLab.addJob({ id: 7, projectId: 5, tags: ["ec2"] })));
        system.gitLab.change(7, { status: "canceled" });
        await system.stop(webhook(system.gitLab.jobsById.get(7)!));
      },
    ],
    [
      "another's job that began to run",
      (system) =>
        system.pickUp(
          webhook(
            system.gitLab.addJob({ id: 7, projectId: 5, status: "running", runnerId: 3, startedAt: 1 }),
          ),
        ),
    ],
  ])("I-8: is in the next pass after %s", async (_, comeAndGo) => {
    const system = testSystem();
    await reconcileWith(system);
    await comeAndGo(system);
    expect((await system.ledger.openAttempts()).items).toEqual([]);
    system.clock.advance(MINUTE);
    lost(system, 8, 5);
    await reconcileWith(system);
    expect(foundJobs(system)).toContain(8);
  });

  it("T-18: is not learnt from a payload alone", async () => {
    const system = testSystem();
    await system.start({
      object_kind: "build",
      build_id: 7,
      project_id: 5,
      build_status: "pending",
      build_name: "b",
    });
    const records = [...system.ledger.stateRecords.keys()];
    expect(records.filter((name) => name.startsWith("projects-"))).toEqual([]);
  });
});
