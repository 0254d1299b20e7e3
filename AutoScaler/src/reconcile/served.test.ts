import type { RoutingSettings } from "../../../Core/routing/routing";
import { fakeClock } from "../testing/fakes/fake-clock";
import { fakeLedger } from "../testing/fakes/fake-ledger";
import { anAttempt, anOrder } from "../testing/fakes/items";
import { testSystem } from "../testing/fakes/test-system";
import type { ReconcileContext } from "./context";
import { type PassFailure, parts } from "./parts";
import { dropNotServed, servesProjects } from "./served";

/** A path: nobody knows its id without asking GitLab. */
const OTHERS = ["other/*"] as const;
const NOBODY_READ = { members: [] } as unknown as Parameters<typeof servesProjects>[2];

const servesWith = (servedProjects: RoutingSettings["servedProjects"], members: readonly number[] = []) => {
  const { gitLab } = testSystem();
  const failures: PassFailure[] = [];
  const asked = jest.spyOn(gitLab, "project" as never) as jest.SpyInstance;
  const jobs = { ...NOBODY_READ, members };
  const serves = servesProjects({ gitLab }, { servedProjects } as RoutingSettings, jobs, parts(failures));
  return { serves, asked, failures };
};

describe("in a pass, a project that the settings may serve", () => {
  it("T-19: is asked for once, however many of its jobs wait", async () => {
    const { serves, asked } = servesWith(OTHERS);
    expect(await Promise.all([serves(1), serves(1), serves(2)])).toEqual([false, false, false]);
    expect(asked.mock.calls).toEqual([[1], [2]]);
  });

  it.each([
    ["the settings list it", [1], []],
    ["the token's projects that they serve have it", OTHERS, [1]],
    ["the settings list none", [], []],
  ])("T-19: is not asked for where %s", async (_, served, members) => {
    const { serves, asked } = servesWith(served, members);
    expect(await serves(1)).toBe(true);
    expect(asked).not.toHaveBeenCalled();
  });

  it("I-24: keeps its jobs in the queue where GitLab does not tell", async () => {
    const { serves, asked, failures } = servesWith(OTHERS);
    asked.mockRejectedValue(new Error("down"));
    expect(await serves(1)).toBe(true);
    expect(failures).toEqual([{ part: "served", what: 1, error: "Error down" }]);
  });
});

it("T-19: jobs that wait leave the queue where their project is served no more; what changed meanwhile stays", async () => {
  const ledger = fakeLedger();
  const clock = fakeClock();
  const waiting = [1, 2, 3].map((jobId) =>
    anAttempt({
      jobId,
      state: "WAITING",
      waitingFor: "slot",
      version: 1,
      order: anOrder({ jobId, projectId: jobId }),
    }),
  );
  for (const put of waiting) await ledger.commit([{ put }]);
  await ledger.commit([{ put: anAttempt({ jobId: 3, state: "CLAIMED", version: 2 }) }]);
  const dependencies = { ledger, clock } as unknown as ReconcileContext["dependencies"];
  const stays = await dropNotServed(
    { dependencies, part: parts([]), serves: async (id) => id === 1 },
    waiting,
  );
  expect(stays.map(({ jobId }) => jobId)).toEqual([1]);
  expect(await Promise.all([1, 2, 3].map(async (id) => (await ledger.attempts(id))[0]))).toMatchObject([
    { state: "WAITING" },
    { state: "FAILED", reason: "not-served" },
    { state: "CLAIMED" },
  ]);
});
