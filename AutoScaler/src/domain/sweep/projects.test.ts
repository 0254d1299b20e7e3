import { TransientError } from "../../../../Core/errors";
import { parseSweepState } from "../../../../Core/ledger/reconciler-state";
import type { Dependencies } from "../dependencies";
import { hook, type SmallWorld, smallWorld, workflows } from "../fakes/small-world";
import type { GitLab } from "../ports";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MEMBER = 20;

const withPorts = (small: SmallWorld, ports: Partial<Dependencies>) =>
  workflows({ ...small.world, ...ports }, { lambda: small.lambda, ec2: small.ec2 }, small.routing);

/** A sweep with a GitLab of which some calls are another's, and which names project 20 alone as the token's. */
const sweepWith = (small: SmallWorld, calls: Partial<GitLab> = {}) => {
  const projectIds = async () => ({ items: [MEMBER] });
  return withPorts(small, { gitLab: { ...small.gitLab, projectIds, ...calls } }).sweep();
};

const foundJobs = (small: SmallWorld): readonly number[] =>
  small.bus.events.flatMap((event) => (event.detailType === "GitLabJobEvent" ? [event.job.id] : []));

const state = async (small: SmallWorld) => parseSweepState(await small.ledger.note("sweep"));

/** A pending job that should have been told of. */
const lost = (small: SmallWorld, id: number, projectId: number) =>
  small.gitLab.addJob({ id, projectId, createdAt: small.clock.now() - MINUTE });

const down = () => Promise.reject(new TransientError("500"));

describe("projects that refuse the list of their jobs", () => {
  /** So many projects that refuse come before the one with a job. */
  const refusing = (count: number, status: 403 | 404 = 403): SmallWorld => {
    const small = smallWorld();
    for (let project = 1; project <= count; project += 1) {
      small.gitLab.refusedProjects.set(project, status);
      small.mappings.add({ pk: `project#${project}#job#build`, sk: "tags#", type: "EC2" });
    }
    lost(small, 7, MEMBER);
    return small;
  };

  /** How often a project's list was asked for in each of the next passes, a minute apart. */
  const passes = async (small: SmallWorld, minutes: number, projectId = 1): Promise<readonly number[]> => {
    const asked: number[] = [];
    for (let minute = 0; minute < minutes; minute += 1) {
      const jobs: GitLab["jobs"] = (project, ...rest) => {
        if (project === projectId) asked.push(minute);
        return small.gitLab.jobs(project, ...rest);
      };
      await sweepWith(small, { jobs });
      small.clock.advance(MINUTE);
    }
    return asked;
  };

  it.each([3, 12])(
    "I-24: %i of them keep no other project from its turn, and are no failure",
    async (count) => {
      const small = refusing(count);
      expect(await sweepWith(small)).toMatchObject({ kind: "swept", failures: [] });
      expect(foundJobs(small)).toEqual([7]);
    },
  );

  it("I-25: are asked less and less often, once a day at least", async () => {
    const small = refusing(1);
    expect(await passes(small, 3 * 24 * 60)).toEqual([
      0, 2, 6, 14, 30, 62, 126, 254, 510, 1_022, 2_046, 3_486,
    ]);
  });

  it("I-8: one that answers again is asked in every pass, and its jobs are found", async () => {
    const small = refusing(1);
    await passes(small, 5);
    small.gitLab.refusedProjects.clear();
    lost(small, 8, 1);
    expect(await passes(small, 5)).toEqual([1, 2, 3, 4]);
    expect(foundJobs(small)).toContain(8);
    expect((await state(small)).refusals).toEqual({});
  });

  it("I-8: one of which a job is seen meanwhile is asked in the next pass", async () => {
    const small = refusing(1);
    await passes(small, 20);
    small.gitLab.refusedProjects.clear();
    await small.start(hook(small.gitLab.addJob({ id: 8, projectId: 1 })));
    small.clock.advance(MINUTE);
    expect(await passes(small, 1)).toEqual([0]);
  });

  it.each<[string, 403 | 404, boolean, boolean]>([
    ["404 and nothing names it: dropped", 404, false, false],
    ["404 and the mapping names it: kept", 404, true, true],
    ["403: kept", 403, false, true],
  ])("I-25: is dropped when it is gone for a day: %s", async (_, status, isNamed, isKept) => {
    const small = smallWorld();
    const job = small.gitLab.addJob({ id: 8, projectId: 1, status: "pending" });
    await small.start(hook(job));
    await sweepWith(small);
    await small.stop(hook({ ...job, status: "canceled" }));
    small.gitLab.change(8, { status: "canceled" });
    await small.stop(hook(small.gitLab.jobsById.get(8)!));
    small.gitLab.refusedProjects.set(1, status);
    if (isNamed) small.mappings.add({ pk: "project#1#job#build", sk: "tags#", type: "EC2" });
    for (let hours = 0; hours < 30; hours += 1) {
      small.clock.advance(DAY / 24);
      await sweepWith(small);
    }
    const { projects, refusals } = await state(small);
    expect([1 in projects, 1 in refusals]).toEqual([isKept, isKept]);
  });

  it("closes the attempt of a job whose project was deleted a day ago", async () => {
    const small = smallWorld();
    const job = small.gitLab.addJob({ id: 8, projectId: 1, tags: ["ec2"] });
    await small.start(hook(job));
    small.gitLab.jobsById.delete(8);
    small.gitLab.refusedProjects.set(1, 404);
    for (let hours = 0; hours < 60; hours += 1) {
      small.clock.advance(DAY / 24);
      await sweepWith(small);
      for (const event of small.bus.events.splice(0))
        if (event.detailType === "RunnerEnded") await small.stop({ ...event });
    }
    const [attempt] = await small.ledger.attempts(8);
    expect(["ENDED", "FAILED"]).toContain(attempt?.state);
  });

  it("F-28: a GitLab that fails three times in a row is left alone until the next pass, which goes on there", async () => {
    const small = smallWorld();
    for (let project = 1; project <= 8; project += 1) lost(small, project, project);
    const asked: number[] = [];
    const jobs: GitLab["jobs"] = (project) => {
      asked.push(project);
      return project === 2 ? small.gitLab.jobs(project, ["pending"]) : down();
    };
    const { projectIds } = small.gitLab;
    expect(await sweepWith(small, { projectIds, jobs })).toMatchObject({
      failures: ["project 1: TransientError 500 (and 3 more)"],
    });
    expect(asked.splice(0)).toEqual([1, 2, 3, 4, 5]);
    await sweepWith(small, { projectIds, jobs });
    expect(asked[0]).toBe(6);
  });
});

describe("a part of a pass that fails", () => {
  it.each<[string, Partial<GitLab>]>([
    ["membership", { projectIds: down }],
    ["records", { runners: down }],
  ])("I-24: %s: what is known is read in any case, named and counted", async (part, calls) => {
    const small = smallWorld();
    await sweepWith(small);
    small.clock.advance(11 * MINUTE);
    lost(small, 7, MEMBER);
    expect(await sweepWith(small, calls)).toMatchObject({ failures: [`${part}: TransientError 500`] });
    expect(foundJobs(small)).toEqual([7]);
    expect(small.metrics.total("SweepFailures")).toBe(1);
  });

  it("I-24: membership: what the mapping names and the pages that came are known", async () => {
    const small = smallWorld();
    small.mappings.add({ pk: "project#3#job#build", sk: "tags#", type: "EC2" });
    lost(small, 7, MEMBER);
    lost(small, 8, 3);
    const projectIds: GitLab["projectIds"] = (cursor) =>
      cursor === undefined ? Promise.resolve({ items: [MEMBER], next: "2" }) : down();
    await sweepWith(small, { projectIds });
    expect([...foundJobs(small)].sort()).toEqual([7, 8]);
  });

  it("I-24: membership: is read again in the next pass, not after ten minutes", async () => {
    const small = smallWorld();
    await sweepWith(small, { projectIds: down });
    small.clock.advance(MINUTE);
    lost(small, 7, MEMBER);
    await sweepWith(small);
    expect(foundJobs(small)).toEqual([7]);
  });

  it("I-24: is kept with the time since when, until it succeeds", async () => {
    const small = smallWorld();
    const begin = small.clock.now();
    await sweepWith(small, { projectIds: down });
    small.clock.advance(5 * MINUTE);
    await sweepWith(small, { projectIds: down });
    expect((await state(small)).failing).toEqual({
      membership: { since: begin, error: "TransientError 500" },
    });
    await sweepWith(small);
    expect(await state(small)).toMatchObject({ failing: {}, doneAt: small.clock.now() });
  });

  it("I-24: events: those that a bus refuses keep no others back", async () => {
    const small = smallWorld();
    for (let id = 1; id <= 60; id += 1) lost(small, id, MEMBER);
    let calls = 0;
    const put: Dependencies["bus"]["put"] = (events) => {
      calls += 1;
      return calls === 2 ? down() : small.bus.put(events);
    };
    const projectIds = async () => ({ items: [MEMBER] });
    const gitLab = { ...small.gitLab, projectIds };
    const report = await withPorts(small, { gitLab, bus: { ...small.bus, put } }).sweep();
    expect(report).toMatchObject({ kind: "swept", events: 40, failures: ["events: TransientError 500"] });
  });

  it("F-23: a GitLab that does not say what became of single jobs is named", async () => {
    const small = smallWorld();
    const job = small.gitLab.addJob({ id: 7, projectId: MEMBER, tags: ["ec2"] });
    await small.start(hook(job));
    small.clock.advance(2 * MINUTE);
    small.gitLab.change(7, { status: "canceled" });
    expect(await sweepWith(small, { job: down })).toMatchObject({
      failures: ["single-job 7: TransientError 500"],
    });
  });
});

describe("a project that nobody has named yet", () => {
  it.each<[string, (small: SmallWorld) => Promise<unknown>]>([
    [
      "a job of ours that came and went between two passes",
      async (small) => {
        const job = small.gitLab.addJob({ id: 7, projectId: 5, tags: ["ec2"] });
        await small.start(hook(job));
        small.gitLab.change(7, { status: "running", runnerId: 9001, startedAt: small.clock.now() });
        await small.pickUp(hook(small.gitLab.jobsById.get(7)!));
        small.gitLab.change(7, { status: "success" });
        await small.stop(hook(small.gitLab.jobsById.get(7)!));
      },
    ],
    [
      "a start that failed",
      async (small) => {
        small.gitLab.refuses = "no more runners";
        await small.start(hook(small.gitLab.addJob({ id: 7, projectId: 5, tags: ["ec2"] })));
        small.gitLab.change(7, { status: "canceled" });
        await small.stop(hook(small.gitLab.jobsById.get(7)!));
      },
    ],
    [
      "another's job that began to run",
      (small) =>
        small.pickUp(
          hook(small.gitLab.addJob({ id: 7, projectId: 5, status: "running", runnerId: 3, startedAt: 1 })),
        ),
    ],
  ])("I-8: is in the next pass after %s", async (_, comeAndGo) => {
    const small = smallWorld();
    await sweepWith(small);
    await comeAndGo(small);
    expect((await small.ledger.openAttempts()).items).toEqual([]);
    small.clock.advance(MINUTE);
    lost(small, 8, 5);
    await sweepWith(small);
    expect(foundJobs(small)).toContain(8);
  });

  it("T-18: is not learnt from a payload alone", async () => {
    const small = smallWorld();
    await small.start({
      object_kind: "build",
      build_id: 7,
      project_id: 5,
      build_status: "pending",
      build_name: "b",
    });
    const notes = [...small.ledger.notes.keys()];
    expect(notes.filter((name) => name.startsWith("projects-"))).toEqual([]);
  });
});
