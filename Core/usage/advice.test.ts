import { type Advice, adviceOf } from "./advice";
import type { UsageNumbers } from "./usage-reader";

const HOUR = 3_600_000;
/** A hundred jobs that waited an hour in all, of it `waits` in milliseconds. */
const waited = (waits: UsageNumbers): UsageNumbers => ({
  waits: 100,
  waitMs: HOUR,
  ...Object.fromEntries(Object.entries(waits).map(([cause, value]) => [`wait:${cause}`, value])),
});

const advice = (
  groups: Readonly<Record<string, UsageNumbers>>,
  names: readonly { readonly name: string; readonly numbers: UsageNumbers }[] = [],
) => adviceOf({ groups, names });

describe("the advice of a class's waits", () => {
  it.each<[string, string, number, Advice["code"] | undefined]>([
    ["EC2#big#spot", "slot", 0.4, "raise-limit"],
    ["EC2#big#spot", "slot", 0.19, undefined],
    ["LAMBDA#default#lambda", "slot", 0.2, "raise-limit"],
    ["EC2#big#spot", "capacity", 0.2, "more-capacity"],
    ["EC2#big#spot", "launch-rate", 0.2, "raise-launch-rate"],
    ["EC2#big#spot", "install", 0.2, "make-image"],
    ["LAMBDA#default#lambda", "install", 0.9, undefined],
    ["EC2#big#spot", "boot", 0.9, undefined],
    ["EC2#big#spot", "webhook", 0.1, "check-webhook"],
    ["EC2#big#spot", "webhook", 0.09, undefined],
    ["EC2#big#spot", "throttled", 0.1, "raise-gitlab-limit"],
    ["EC2#big#spot", "budget", 0.1, "raise-budget"],
  ])("%s, whose jobs waited for %s for %d of the time: %s", (group, cause, share, code) => {
    const found = advice({ [group]: waited({ [cause]: share * HOUR }) });
    const about = group.slice(0, group.lastIndexOf("#"));
    expect(found).toEqual(code === undefined ? [] : [{ code, about, share, amount: share }]);
  });

  it("sums up how a class was bought", () => {
    const groups = { "EC2#big#spot": waited({ slot: HOUR }), "EC2#big#on-demand": waited({ boot: HOUR }) };
    expect(advice(groups)).toEqual([{ code: "raise-limit", about: "EC2#big", share: 0.5, amount: 1 }]);
  });

  it("is none where nobody waited for long", () => {
    expect(advice({ "EC2#big#spot": { waits: 1_000, waitMs: 9_999_000, "wait:slot": 9_999_000 } })).toEqual(
      [],
    );
  });

  it("has first where most was waited", () => {
    const groups = { "EC2#a#spot": waited({ slot: HOUR / 2 }), "EC2#b#spot": waited({ slot: HOUR }) };
    expect(advice(groups).map(({ about }) => about)).toEqual(["EC2#b", "EC2#a"]);
  });
});

describe("the advice of costs", () => {
  const group = (numbers: UsageNumbers) => ({ "EC2#big#spot": { runners: 10, jobs: 10, ...numbers } });

  it.each([
    [100, 5, 1],
    [100, 4.9, 0],
    [10, 0.9, 0],
  ])("of %d USD, of it %d for nothing: %d of waste, with what most of it was", (usd, wasteUsd, expected) => {
    const parts = { "wasteUsd:no-job": wasteUsd / 4, "wasteUsd:failed-start": (3 * wasteUsd) / 4 };
    const found = advice(group({ usd, wasteUsd, ...parts }));
    expect(found).toHaveLength(expected);
    expect(found.map(({ code, about }) => [code, about])).toEqual(
      Array(expected).fill(["waste", "failed-start"]),
    );
  });

  it("names a job that is a third of it", () => {
    const names = [
      { name: "release", numbers: { usd: 40 } },
      { name: "test", numbers: { usd: 33 } },
    ];
    expect(advice(group({ usd: 100 }), names)).toEqual([
      { code: "dear-job", about: "release", share: 0.4, amount: 40 },
    ]);
  });

  it("says how many runners have no price", () => {
    expect(advice(group({ unpricedRunners: 2 }))).toEqual([{ code: "unpriced", share: 0.2, amount: 2 }]);
  });

  it("is none where nothing was used", () => {
    expect(advice({})).toEqual([]);
  });
});
