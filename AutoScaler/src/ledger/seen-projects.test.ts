import { TransientError } from "../../../Core/errors";
import { fakeClock } from "../testing/fakes/fake-clock";
import { fakeLedger } from "../testing/fakes/fake-ledger";
import { readSeenProjects, rememberProject } from "./seen-projects";

const MINUTE = 60_000;

const setUp = () => {
  const system = { ledger: fakeLedger(), clock: fakeClock() };
  return { ...system, system, seen: async () => Object.fromEntries(await readSeenProjects(system)) };
};

describe("projects whose jobs were seen", () => {
  it("I-25: are written at most once in ten minutes each", async () => {
    const { system, ledger, clock, seen } = setUp();
    const begin = clock.now();
    for (let minute = 0; minute < 10; minute += 1) {
      await rememberProject(system, 5);
      clock.advance(MINUTE);
    }
    expect([ledger.writes, await seen()]).toEqual([1, { 5: begin }]);
    await rememberProject(system, 5);
    expect([ledger.writes, await seen()]).toEqual([2, { 5: clock.now() }]);
  });

  it("I-33: are written again where the time stored lies far ahead", async () => {
    const { system, clock, seen } = setUp();
    await rememberProject(system, 5);
    clock.advance(-20 * MINUTE);
    await rememberProject(system, 5);
    expect(await seen()).toEqual({ 5: clock.now() });
  });

  it("are forgotten after an hour without one, and given up by whoever writes next", async () => {
    const { system, ledger, clock, seen } = setUp();
    await rememberProject(system, 5);
    clock.advance(61 * MINUTE);
    expect(await seen()).toEqual({});
    await rememberProject(system, 5 + 16);
    expect(ledger.stateRecords.get("projects-05")?.value).toEqual({ 21: clock.now() });
  });

  it("I-23: are all stored by a burst of starts at once", async () => {
    const { system, ledger, seen } = setUp();
    const projects = [5, 5, 5, 5, 6, 6, 6, 7];
    await Promise.all(projects.map((project) => rememberProject(system, project)));
    expect(Object.keys(await seen())).toEqual(["5", "6", "7"]);
    expect(ledger.writes).toBe(3);
  });

  it("harm no start when the ledger fails", async () => {
    const { system, ledger } = setUp();
    const broken = { ...ledger, stateRecord: () => Promise.reject(new TransientError("throttled")) };
    await expect(rememberProject({ ...system, ledger: broken }, 5)).resolves.toBeUndefined();
  });

  it("are none where the record cannot be read", async () => {
    const { ledger, clock, seen } = setUp();
    const value = { 5: "soon", 21: clock.now() };
    await ledger.commit([{ stateRecord: { name: "projects-05", version: 1, value } }]);
    await ledger.commit([{ stateRecord: { name: "projects-06", version: 1, value: "none" } }]);
    expect(await seen()).toEqual({ 21: clock.now() });
  });
});
