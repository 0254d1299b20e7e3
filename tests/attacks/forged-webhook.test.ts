import { expectMet, MINUTE, settle, simulationWith, total } from "../simulation/scenario-parts";
import type { Simulation } from "../simulation/world/world";

/**
 * Somebody who may put any body under the right secret: a maintainer of one project, who gives the project's webhook a
 * template of his own. GitLab answers 403 for project 666, whose CI/CD is switched off.
 */
const REFUSED = 666;
const VICTIM = 71;

const forge = (world: Simulation, detail: Readonly<Record<string, unknown>>): void =>
  world.bus.put({
    source: "gitlab.webhook",
    detailType: "GitLabJobEvent",
    detail: { object_kind: "build", build_status: "pending", build_name: "forged", ...detail },
  });

/** The number that GitLab will give the next job. */
const NEXT_JOB = 1;

const attacked = (): Simulation => simulationWith({ mood: { refusing: [REFUSED] } });

describe("a forged webhook", () => {
  it("T-5: that names a job to come, three times, under a project that refuses it, stops no job", async () => {
    const world = attacked();
    for (const minute of [0, 2, 7])
      world.after(minute * MINUTE, () => forge(world, { project_id: REFUSED, build_id: NEXT_JOB }));
    await world.run(9 * MINUTE);
    expect([...world.table.attempts.keys()]).toEqual([]);
    const job = world.addJob({ kind: "lambda", projectId: VICTIM });
    expect(job.id).toBe(NEXT_JOB);
    await settle(world);
    expectMet(job);
    expect(total(world, "JobsFailed")).toBe(0);
  });

  it("T-5: that names a waiting job under a project that refuses it leaves the job waiting", async () => {
    const world = attacked();
    world.startsAreOn = false;
    const job = world.addJob({ kind: "lambda", projectId: VICTIM });
    await world.run(10);
    expect(world.table.attempts.get(job.id)?.map(({ state }) => state)).toEqual(["WAITING"]);
    forge(world, { project_id: REFUSED, build_id: job.id });
    await world.run(10);
    expect(world.table.attempts.get(job.id)?.map(({ state }) => state)).toEqual(["WAITING"]);
    world.startsAreOn = true;
    await settle(world);
    expectMet(job);
  });

  it.each([
    ["a project that refuses it", { project_id: REFUSED, build_id: 5 }],
    ["no number for its job", { project_id: VICTIM, build_id: "5" }],
    ["no number for its project", { project_id: [VICTIM], build_id: 5 }],
    ["a name that is no text", { project_id: VICTIM, build_id: 5, build_name: {} }],
    ["a runner that is no number", { project_id: VICTIM, build_id: 5, runner: { id: "x" } }],
  ])("T-5: with %s raises no alarm, whatever its status", async (_, detail) => {
    const world = attacked();
    const { now: start } = world.timeline;
    for (const build_status of ["pending", "running", "success"]) forge(world, { ...detail, build_status });
    await world.run(10 * MINUTE);
    expect([
      world.conservation.count("failed"),
      total(world, "WorkflowFailures"),
      total(world, "JobsFailed"),
    ]).toEqual([0, 0, 0]);
    expect(total(world, "WebhooksIgnored")).toBe(3);
    // In its first five minutes a new alarm on missing data has none yet.
    expect(world.alarms.ringing(start + 6 * MINUTE * 1_000, world.timeline.now)).toEqual([]);
    expect(world.verdict()).toEqual([]);
  });
});
