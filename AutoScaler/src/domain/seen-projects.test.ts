import { TransientError } from "../../../Core/errors";
import { fakeClock } from "./fakes/fake-clock";
import { fakeLedger } from "./fakes/fake-ledger";
import { readSeenProjects, rememberProject } from "./seen-projects";

const MINUTE = 60_000;

const setUp = () => {
  const world = { ledger: fakeLedger(), clock: fakeClock() };
  return { ...world, world, seen: async () => Object.fromEntries(await readSeenProjects(world)) };
};

describe("projects whose jobs were seen", () => {
  it("I-25: are written at most once in ten minutes each", async () => {
    const { world, ledger, clock, seen } = setUp();
    const begin = clock.now();
    for (let minute = 0; minute < 10; minute += 1) {
      await rememberProject(world, 5);
      clock.advance(MINUTE);
    }
    expect([ledger.writes, await seen()]).toEqual([1, { 5: begin }]);
    await rememberProject(world, 5);
    expect([ledger.writes, await seen()]).toEqual([2, { 5: clock.now() }]);
  });

  it("I-33: are written again where the time noted lies far ahead", async () => {
    const { world, clock, seen } = setUp();
    await rememberProject(world, 5);
    clock.advance(-20 * MINUTE);
    await rememberProject(world, 5);
    expect(await seen()).toEqual({ 5: clock.now() });
  });

  it("are forgotten after an hour without one, and given up by whoever writes next", async () => {
    const { world, ledger, clock, seen } = setUp();
    await rememberProject(world, 5);
    clock.advance(61 * MINUTE);
    expect(await seen()).toEqual({});
    await rememberProject(world, 5 + 16);
    expect(ledger.notes.get("projects-05")?.value).toEqual({ 21: clock.now() });
  });

  it("I-23: are all noted by a burst of starts at once", async () => {
    const { world, ledger, seen } = setUp();
    const projects = [5, 5, 5, 5, 6, 6, 6, 7];
    await Promise.all(projects.map((project) => rememberProject(world, project)));
    expect(Object.keys(await seen())).toEqual(["5", "6", "7"]);
    expect(ledger.writes).toBe(3);
  });

  it("harm no start when the ledger fails", async () => {
    const { world, ledger } = setUp();
    const broken = { ...ledger, note: () => Promise.reject(new TransientError("throttled")) };
    await expect(rememberProject({ ...world, ledger: broken }, 5)).resolves.toBeUndefined();
  });

  it("are none where the note cannot be read", async () => {
    const { ledger, clock, seen } = setUp();
    const value = { 5: "soon", 21: clock.now() };
    await ledger.commit([{ note: { name: "projects-05", version: 1, value } }]);
    await ledger.commit([{ note: { name: "projects-06", version: 1, value: "none" } }]);
    expect(await seen()).toEqual({ 21: clock.now() });
  });
});
