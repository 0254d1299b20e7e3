import { manualClock } from "./clock";
import { GitLabFaults, parseFaults } from "./faults";

describe("POST /_/faults", () => {
  it.each([
    [{}, {}],
    [
      { lose: 0.1, repeat: 1, delayMs: [5, 10] },
      { lose: 0.1, repeat: 1, delayMs: [5, 10] },
    ],
    [{ delayMs: 100 }, { delayMs: [100, 100] }],
    [
      { errorStatus: 503, errorSeconds: 10, scope: "runner" },
      { errorStatus: 503, errorSeconds: 10, scope: "runner" },
    ],
  ])("reads %j", (body, expected) => {
    expect(parseFaults(body)).toEqual(expected);
  });

  it.each([
    [{ lose: 2 }, "lose must be"],
    [{ lose: "0.1" }, "lose must be"],
    [{ delayMs: [10, 5] }, "delayMs must be"],
    [{ errorStatus: 200 }, "errorStatus must be"],
    [{ scope: "webhook" }, "scope must be"],
    [{ los: 0.1 }, "los is unknown"],
    [{ constructor: 1 }, "constructor is unknown"],
    [[], "send a JSON object"],
    [null, "send a JSON object"],
  ])("names what is wrong with %j", (body, expected) => {
    expect(parseFaults(body)).toContain(expected);
  });
});

describe("an error for some seconds", () => {
  it("is answered for as long as was said, where it was said", () => {
    const clock = manualClock();
    const faults = new GitLabFaults(clock);
    faults.set({ errorStatus: 502, errorSeconds: 10, scope: "api" });
    expect(faults.errorNow("api")).toBe(502);
    expect(faults.errorNow("runner")).toBeUndefined();
    clock.advance(9_999);
    expect(faults.errorSecondsLeft()).toBe(1);
    expect(faults.errorNow("api")).toBe(502);
    clock.advance(1);
    expect(faults.errorNow("api")).toBeUndefined();
  });

  it("is 500 everywhere when only the seconds are given, and ends with {}", () => {
    const faults = new GitLabFaults(manualClock());
    faults.set({ errorSeconds: 10 });
    expect([faults.errorNow("api"), faults.errorNow("runner"), faults.errorNow("webhooks")]).toEqual([
      500, 500, 500,
    ]);
    faults.set({});
    expect(faults.errorNow("api")).toBeUndefined();
  });

  it("is not there when only webhooks are troubled", () => {
    const faults = new GitLabFaults(manualClock());
    faults.set({ lose: 1 });
    expect(faults.errorNow("api")).toBeUndefined();
  });
});
