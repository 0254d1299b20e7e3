import fc from "fast-check";
import type { RunnerNews } from "./runner-log";
import { type Limits, Watch } from "./watch";

const LIMITS: Limits = {
  wait: 20_000,
  patience: 60_000,
  interrupt: 840_000,
  stubborn: 10_000,
  grace: 35_000,
  rejected: 1_500,
  report: 60_000,
};

/** A watch in virtual time; what it did, and when. */
class World {
  now = 0;
  readonly done: string[] = [];
  private timers: { readonly at: number; readonly call: () => void }[] = [];
  readonly watch: Watch;

  constructor(limits: Partial<Limits> = {}) {
    const act = (what: string): void => void this.done.push(`${this.now / 1000} ${what}`);
    this.watch = new Watch(
      { ...LIMITS, ...limits },
      {
        signal: act,
        endJobProcesses: () => act("end job processes"),
        after: (milliseconds, call) => {
          const timer = { at: this.now + milliseconds, call };
          this.timers.push(timer);
          return () => {
            this.timers = this.timers.filter((other) => other !== timer);
          };
        },
      },
    );
    this.watch.start();
  }

  until(seconds: number): this {
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= seconds * 1000).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((other) => other !== next);
      this.now = next.at;
      next.call();
    }
    this.now = seconds * 1000;
    return this;
  }

  hears(...news: RunnerNews[]): this {
    for (const each of news) this.watch.news(each);
    return this;
  }
}

const RECEIVED: RunnerNews = { kind: "received", jobId: 7 };
const OK: RunnerNews = { kind: "answered", jobId: 7, answer: "ok" };
const FAILED: RunnerNews = { kind: "answered", jobId: 7, answer: "failed" };
const REFUSED: RunnerNews = { kind: "answered", jobId: 7, answer: "refused" };
const SUCCESS: RunnerNews = { kind: "ended", jobId: 7, status: "success", durationSeconds: 2 };
const INTERRUPTED: RunnerNews = {
  kind: "ended",
  jobId: 7,
  status: "failed",
  failureReason: "runner_interrupted",
};
const WELL = { code: 0, signal: null };

describe("waiting", () => {
  it("I-23: quits at the wait timeout, has 60 s of patience, then terminates, then kills", () => {
    const world = new World().until(840);
    expect(world.done).toEqual(["20 SIGQUIT", "80 SIGTERM", "90 end job processes", "115 SIGKILL"]);
    expect(world.watch.outcome({ code: null, signal: "SIGKILL" })).toEqual({ kind: "no-job" });
  });

  it("runs a job that arrives within the patience to its end", () => {
    const world = new World().until(70).hears(RECEIVED, OK).until(300).hears(SUCCESS, OK);
    expect(world.done).toEqual(["20 SIGQUIT"]);
    expect(world.watch.outcome(WELL)).toMatchObject({
      kind: "job-ended",
      status: "success",
      interrupted: false,
    });
  });

  it("T-30: a rejected token ends the runner at once, and by force within two seconds", () => {
    const world = new World().until(1).hears({ kind: "rejected" }).until(100);
    expect(world.done.slice(0, 2)).toEqual(["1 SIGTERM", "2.5 SIGKILL"]);
    expect(world.watch.outcome(WELL)).toEqual({ kind: "token-rejected" });
  });

  it("a job that vanishes at its confirmation is no job: the runner quits", () => {
    const world = new World().until(5).hears(RECEIVED, REFUSED);
    expect(world.done).toEqual(["5 SIGQUIT"]);
    expect(world.watch.outcome(WELL)).toEqual({ kind: "no-job" });
  });

  it("a job whose confirmation failed otherwise is run all the same", () => {
    const world = new World().until(5).hears(RECEIVED, FAILED).until(30).hears(SUCCESS, OK);
    expect(world.done).toEqual([]);
    expect(world.watch.outcome(WELL)).toMatchObject({ kind: "job-ended", jobId: 7 });
  });
});

describe("a job", () => {
  it("F-40: is interrupted in time, its processes ended when it ignores that, then the runner", () => {
    const world = new World().until(5).hears(RECEIVED, OK).until(900);
    expect(world.done).toEqual(["840 SIGTERM", "850 end job processes", "875 SIGKILL"]);
  });

  it("F-40: interrupted and reported is a job's end", () => {
    const world = new World().hears(RECEIVED, OK).until(841).hears(INTERRUPTED, OK);
    expect(world.watch.outcome(WELL)).toMatchObject({
      kind: "job-ended",
      failureReason: "runner_interrupted",
      interrupted: true,
    });
  });

  it("is never sent a second SIGTERM, at which the runner would drop everything", () => {
    const world = new World().hears(RECEIVED, OK).until(100);
    world.watch.interrupt();
    world.until(839);
    world.watch.interrupt();
    expect(world.until(900).done.filter((what) => what.endsWith("SIGTERM"))).toHaveLength(1);
  });

  it("whose last report was refused has been ended by GitLab itself", () => {
    const world = new World().hears(RECEIVED, OK, SUCCESS, REFUSED);
    expect(world.watch.outcome(WELL)).toMatchObject({ kind: "job-ended" });
  });

  it.each<{ name: string; news: RunnerNews[] }>([
    { name: "was given up", news: [RECEIVED, OK, SUCCESS, FAILED, { kind: "given-up" }] },
    { name: "never came", news: [RECEIVED, OK, SUCCESS, FAILED] },
    { name: "was not even begun, because the runner died", news: [RECEIVED, OK] },
  ])("is lost when its last report $name, whatever the exit code", ({ news }) => {
    expect(new World().hears(...news).watch.outcome(WELL)).toMatchObject({ kind: "job-lost", jobId: 7 });
  });

  it("a last report that takes over a minute is given up", () => {
    const world = new World().hears(RECEIVED, OK).until(30).hears(SUCCESS, OK).until(91);
    expect(world.done).toEqual(["90 SIGKILL"]);
    expect(world.watch.outcome({ code: null, signal: "SIGKILL" })).toMatchObject({ kind: "job-lost" });
  });
});

describe("a runner", () => {
  it("that breaks before it has a job is a failure", () => {
    expect(new World().watch.outcome({ code: 1, signal: null })).toEqual({
      kind: "runner-failed",
      reason: "gitlab-runner ended by exit code 1",
    });
  });

  it("I-23 F-48: is killed in time whatever it says, when it does not go by itself", () => {
    const news = fc.constantFrom<RunnerNews>(
      RECEIVED,
      OK,
      FAILED,
      REFUSED,
      SUCCESS,
      { kind: "given-up" },
      { kind: "rejected" },
    );
    const step = fc.record({ after: fc.integer({ min: 0, max: 200 }), news });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = new World();
        for (const { after, news: heard } of steps) world.until(world.now / 1000 + after).hears(heard);
        world.until(Math.max(world.now / 1000, 875));
        expect(world.done.some((what) => what.endsWith("SIGKILL"))).toBe(true);
        const first = world.done.find((what) => what.endsWith("SIGKILL"));
        expect(Number.parseFloat(first ?? "999")).toBeLessThanOrEqual(875);
      }),
    );
  });
});
