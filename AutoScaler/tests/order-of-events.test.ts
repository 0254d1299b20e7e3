import fc from "fast-check";
import { STACK } from "../src/ports";
import { type TestSystem, testSystem, webhook } from "../src/testing/fakes/test-system";

/** Two jobs have started and ended in GitLab; their webhooks arrive now, in any order and number. */
const JOBS = [
  { id: 1, runnerId: 9001 },
  { id: 2, runnerId: 9002 },
];

const lived = async (): Promise<TestSystem> => {
  const system = testSystem();
  for (const { id } of JOBS) await system.start(webhook(system.gitLab.addJob({ id, tags: ["ec2"] })));
  for (const { id, runnerId } of JOBS) {
    system.gitLab.change(id, {
      status: "success",
      runnerId,
      startedAt: system.clock.now(),
      finishedAt: system.clock.now(),
    });
  }
  return system;
};

const WEBHOOKS = JOBS.flatMap(({ id }) =>
  ["created", "pending", "running", "success"].map((status) => ({ id, status })),
);

const effects = ({ gitLab, ec2, instances, ledger }: TestSystem) => ({
  created: gitLab.created.length,
  deleted: [...gitLab.deleted].sort(),
  launched: [...ec2.launched.keys()].sort(),
  terminated: [...new Set(instances.terminated)].sort(),
  taken: ledger.taken(STACK),
  states: [...ledger.items.values()]
    .map((item) => `${item.kind} ${item.kind === "orphan" ? item.resourceId : item.jobId} ${item.state}`)
    .sort(),
});

const send = async (system: TestSystem, webhooks: readonly (typeof WEBHOOKS)[number][]): Promise<void> => {
  for (const { id, status } of webhooks) {
    if (status === "created") continue;
    await system.deliver(webhook(system.gitLab.jobsById.get(id)!, status));
  }
};

describe("order and copies of webhooks", () => {
  it("I-6 I-7 F-2: change nothing in what is there at the end", async () => {
    const straight = await lived();
    await send(straight, WEBHOOKS);
    const expected = effects(straight);
    expect(expected).toMatchObject({ created: 2, deleted: [9001, 9002], taken: 0 });

    const copies = fc.array(fc.constantFrom(...WEBHOOKS), { maxLength: 10 });
    const shuffled = fc.shuffledSubarray(WEBHOOKS, { minLength: WEBHOOKS.length });
    await fc.assert(
      fc.asyncProperty(copies, shuffled, async (before, all) => {
        const system = await lived();
        await send(system, [...before, ...all]);
        expect(effects(system)).toEqual(expected);
      }),
      { numRuns: 100, interruptAfterTimeLimit: 5_000 },
    );
  }, 15_000);

  it("I-32 T-2: are inert for ever, also when the ledger has forgotten the jobs", async () => {
    const system = await lived();
    await send(system, WEBHOOKS);
    const forgetful = testSystem();
    for (const job of system.gitLab.jobsById.values()) forgetful.gitLab.addJob(job);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...WEBHOOKS), { maxLength: 20 }), async (replayed) => {
        await send(forgetful, replayed);
        expect(forgetful.ledger.writes).toBe(0);
        expect(forgetful.gitLab.calls.filter((call) => call !== "job")).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it("I-24: a poison event among them changes nothing for the others", async () => {
    const straight = await lived();
    await send(straight, WEBHOOKS);
    const poison = fc
      .anything()
      .filter((value) => typeof value !== "object" || value === null || !("build_id" in value));
    await fc.assert(
      fc.asyncProperty(poison, fc.nat(WEBHOOKS.length), async (bad, at) => {
        const system = await lived();
        await send(system, WEBHOOKS.slice(0, at));
        await Promise.resolve()
          .then(() => system.stop(bad as Record<string, unknown>))
          .catch(() => undefined);
        await send(system, WEBHOOKS.slice(at));
        expect(effects(system)).toEqual(effects(straight));
      }),
      { numRuns: 40 },
    );
  });
});
