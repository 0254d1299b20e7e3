import { TransientError } from "../../../Core/errors";
import { fakeClock } from "../testing/fakes/fake-clock";
import { fakeLedger } from "../testing/fakes/fake-ledger";
import { readSeenProjects, rememberProject } from "./seen-projects";

const MINUTE = 60_000;

const setUp = () => {
  const dependencies = { ledger: fakeLedger(), clock: fakeClock() };
  return {
    ...dependencies,
    dependencies,
    seen: async () => Object.fromEntries(await readSeenProjects(dependencies)),
  };
};

describe("projects whose jobs were seen", () => {
  it("I-25: are each written at most once in ten minutes", async () => {
    const { dependencies, ledger, clock, seen } = setUp();
    const begin = clock.now();
    for (let minute = 0; minute < 10; minute += 1) {
      await rememberProject(dependencies, 5);
      clock.advance(MINUTE);
    }
    expect([ledger.writes, await seen()]).toEqual([1, { 5: begin }]);
    await rememberProject(dependencies, 5);
    expect([ledger.writes, await seen()]).toEqual([2, { 5: clock.now() }]);
  });

  it("I-33: are written again when the stored time is far ahead", async () => {
    const { dependencies, clock, seen } = setUp();
    await rememberProject(dependencies, 5);
    clock.advance(-20 * MINUTE);
    await rememberProject(dependencies, 5);
    expect(await seen()).toEqual({ 5: clock.now() });
  });

  it("are tried again where another write came between, and given up after three tries", async () => {
    const { ledger, clock } = setUp();
    const commit = jest.fn(async () => false);
    await rememberProject({ clock, ledger: { ...ledger, commit } }, 5);
    expect(commit).toHaveBeenCalledTimes(3);
  });

  it("are dropped at the next write after an hour without a job", async () => {
    const { dependencies, ledger, clock, seen } = setUp();
    await rememberProject(dependencies, 5);
    clock.advance(61 * MINUTE);
    expect(await seen()).toEqual({});
    await rememberProject(dependencies, 5 + 16);
    expect(ledger.stateRecords.get("projects-05")?.value).toEqual({ 21: clock.now() });
  });

  it("I-23: are all stored by a burst of starts at once", async () => {
    const { dependencies, ledger, seen } = setUp();
    const projects = [5, 5, 5, 5, 6, 6, 6, 7];
    await Promise.all(projects.map((project) => rememberProject(dependencies, project)));
    expect(Object.keys(await seen())).toEqual(["5", "6", "7"]);
    expect(ledger.writes).toBe(3);
  });

  it("are read at once, and forgotten by the table when none of a record counts any more", async () => {
    const { dependencies, ledger, clock } = setUp();
    const listed = jest.spyOn(ledger, "listed");
    const single = jest.spyOn(ledger, "stateRecord");
    await readSeenProjects(dependencies);
    expect([listed.mock.calls.length, single.mock.calls.length]).toEqual([1, 0]);
    await rememberProject(dependencies, 5);
    expect(ledger.stateRecords.get("projects-05")?.ttl).toBe(Math.ceil(clock.now() / 1_000) + 3_600);
  });

  it("do not fail a start when the ledger fails", async () => {
    const { dependencies, ledger } = setUp();
    const broken = { ...ledger, stateRecord: () => Promise.reject(new TransientError("throttled")) };
    await expect(rememberProject({ ...dependencies, ledger: broken }, 5)).resolves.toBeUndefined();
  });

  it("are none when the record cannot be parsed", async () => {
    const { ledger, clock, seen } = setUp();
    const value = { 5: "soon", 21: clock.now() };
    const list = "seen-projects";
    await ledger.commit([{ stateRecord: { name: "projects-05", version: 1, value, list } }]);
    await ledger.commit([{ stateRecord: { name: "projects-06", version: 1, value: "none", list } }]);
    expect(await seen()).toEqual({ 21: clock.now() });
  });
});
