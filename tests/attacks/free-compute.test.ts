import { Simulation, type SimulationOptions } from "../simulation/world/world";

/**
 * The attacker owns a project on the same GitLab and adds the access token's user to it as a member. No webhook of his
 * reaches us, and no mapping names his project: its jobs are to stay his own matter.
 */
const ATTACKER = 666;
const OURS = 1;
const MINUTE = 60;

const withSettings = (
  settings: Readonly<Record<string, unknown>>,
  options: Partial<SimulationOptions> = {},
): Simulation => {
  const world = new Simulation({ seed: 7, gitLab: { gives: "oldest" }, ...options });
  world.mapping = [...world.mapping, { pk: "settings", sk: "settings", ...settings }];
  return world;
};

/** Ten minutes with his job pending; whatever was made for it. */
const stealing = async (world: Simulation, isSilent: boolean) => {
  const stolen = world.addJob({ kind: "lambda", projectId: ATTACKER, seconds: 30, isSilent });
  const ours = world.addJob({ kind: "lambda", projectId: OURS, seconds: 30 });
  await world.run(10 * MINUTE);
  return {
    stolen: stolen.status,
    ours: ours.status,
    attempts: (world.table.attempts.get(stolen.id) ?? []).length,
    records: [...world.gitLab.records.values()].filter(({ projectId }) => projectId === ATTACKER).length,
  };
};

const REFUSED = { stolen: "pending", ours: "success", attempts: 0, records: 0 };

describe("free compute", () => {
  it("T-19: is not to be had by making the token's user a member of a project", async () => {
    expect(await stealing(withSettings({ projects: [] }), true)).toEqual(REFUSED);
  });

  it("T-19: is not to be had by a membership and a webhook where the settings list who is served", async () => {
    const byId = await stealing(withSettings({ projects: [OURS] }), false);
    const byPath = await stealing(withSettings({ projects: [`group/project-${OURS}`] }), false);
    expect([byId, byPath]).toEqual([REFUSED, REFUSED]);
  });

  it("T-19: is not to be had by forged webhooks for a listed project's name", async () => {
    const world = withSettings({ projects: [`group/project-${OURS}`] });
    const job = world.addJob({ kind: "lambda", projectId: ATTACKER, seconds: 30, isSilent: true });
    world.bus.put({
      source: "gitlab.webhook",
      detailType: "GitLabJobEvent",
      detail: {
        object_kind: "build",
        build_id: job.id,
        build_name: job.name,
        build_status: "pending",
        project_id: ATTACKER,
        project: { path_with_namespace: `group/project-${OURS}` },
      },
    });
    await world.run(5 * MINUTE);
    expect(job.status).toBe("pending");
    expect(world.metrics.get("JobsNotServed")).toBeGreaterThan(0);
  });
});
