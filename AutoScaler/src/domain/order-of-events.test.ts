import fc from "fast-check";
import { hook, type SmallWorld, smallWorld } from "./fakes/small-world";
import { STACK } from "./ports";

/** Two jobs' whole lives have happened in GitLab; their hooks arrive now, in whatever order and number. */
const JOBS = [
  { id: 1, runnerId: 9001 },
  { id: 2, runnerId: 9002 },
];

const lived = async (): Promise<SmallWorld> => {
  const small = smallWorld();
  for (const { id } of JOBS) await small.start(hook(small.gitLab.addJob({ id, tags: ["ec2"] })));
  for (const { id, runnerId } of JOBS) {
    small.gitLab.change(id, {
      status: "success",
      runnerId,
      startedAt: small.clock.now(),
      finishedAt: small.clock.now(),
    });
  }
  return small;
};

const HOOKS = JOBS.flatMap(({ id }) =>
  ["created", "pending", "running", "success"].map((status) => ({ id, status })),
);

const effects = ({ gitLab, ec2, instances, ledger }: SmallWorld) => ({
  created: gitLab.created.length,
  deleted: [...gitLab.deleted].sort(),
  launched: [...ec2.launched.keys()].sort(),
  terminated: [...new Set(instances.terminated)].sort(),
  taken: ledger.taken(STACK),
  states: [...ledger.items.values()]
    .map((item) => `${item.kind} ${item.kind === "orphan" ? item.resourceId : item.jobId} ${item.state}`)
    .sort(),
});

const send = async (small: SmallWorld, hooks: readonly (typeof HOOKS)[number][]): Promise<void> => {
  for (const { id, status } of hooks) {
    if (status === "created") continue;
    await small.deliver(hook(small.gitLab.jobsById.get(id)!, status));
  }
};

describe("order and copies of hooks", () => {
  it("I-6 I-7 F-2: change nothing in what is there at the end", async () => {
    const straight = await lived();
    await send(straight, HOOKS);
    const expected = effects(straight);
    expect(expected).toMatchObject({ created: 2, deleted: [9001, 9002], taken: 0 });

    const copies = fc.array(fc.constantFrom(...HOOKS), { maxLength: 10 });
    const shuffled = fc.shuffledSubarray(HOOKS, { minLength: HOOKS.length });
    await fc.assert(
      fc.asyncProperty(copies, shuffled, async (before, all) => {
        const small = await lived();
        await send(small, [...before, ...all]);
        expect(effects(small)).toEqual(expected);
      }),
      { numRuns: 100, interruptAfterTimeLimit: 5_000 },
    );
  }, 15_000);

  it("I-32 T-2: are inert for ever, also when the ledger has forgotten the jobs", async () => {
    const small = await lived();
    await send(small, HOOKS);
    const forgetful = smallWorld();
    for (const job of small.gitLab.jobsById.values()) forgetful.gitLab.addJob(job);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...HOOKS), { maxLength: 20 }), async (replayed) => {
        await send(forgetful, replayed);
        expect(forgetful.ledger.writes).toBe(0);
        expect(forgetful.gitLab.calls.filter((call) => call !== "job")).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it("I-24: a poison event among them changes nothing for the others", async () => {
    const straight = await lived();
    await send(straight, HOOKS);
    const poison = fc
      .anything()
      .filter((value) => typeof value !== "object" || value === null || !("build_id" in value));
    await fc.assert(
      fc.asyncProperty(poison, fc.nat(HOOKS.length), async (bad, at) => {
        const small = await lived();
        await send(small, HOOKS.slice(0, at));
        await Promise.resolve()
          .then(() => small.stop(bad as Record<string, unknown>))
          .catch(() => undefined);
        await send(small, HOOKS.slice(at));
        expect(effects(small)).toEqual(effects(straight));
      }),
      { numRuns: 40 },
    );
  });
});
