import fc from "fast-check";
import type { RequestFailure } from "./request-failure";
import type { RunTimeouts } from "./run-timeouts";
import { RunWatch } from "./run-watch";
import type { RunnerLogEvent } from "./runner-log";

const TIMEOUTS: RunTimeouts = {
  wait: 20_000,
  poll: 60_000,
  interrupt: 840_000,
  jobTermDelay: 5_000,
  jobKillDelay: 3_000,
  kill: 35_000,
  rejected: 1_500,
  report: 60_000,
};

/** A watch in virtual time; what it did, and when. */
class VirtualRun {
  now = 0;
  readonly done: string[] = [];
  private timers: { readonly at: number; readonly call: () => void }[] = [];
  readonly watch: RunWatch;

  constructor(timeouts: Partial<RunTimeouts> = {}) {
    const act = (what: string): void => void this.done.push(`${this.now / 1000} ${what}`);
    this.watch = new RunWatch(
      { ...TIMEOUTS, ...timeouts },
      {
        signal: act,
        terminateJob: () => act("job SIGTERM"),
        killJob: () => act("job SIGKILL"),
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

  hears(...events: readonly RunnerLogEvent[]): this {
    for (const event of events) this.watch.hear(event);
    return this;
  }
}

const RECEIVED: RunnerLogEvent = { kind: "received", jobId: 7 };
const OK: RunnerLogEvent = { kind: "answered", jobId: 7, answer: "ok" };
const FAILED: RunnerLogEvent = { kind: "answered", jobId: 7, answer: "failed" };
const REFUSED: RunnerLogEvent = { kind: "answered", jobId: 7, answer: "refused" };
const SUCCESS: RunnerLogEvent = { kind: "ended", jobId: 7, status: "success", durationSeconds: 2 };
const INTERRUPTED: RunnerLogEvent = {
  kind: "ended",
  jobId: 7,
  status: "failed",
  failureReason: "runner_interrupted",
};
const NO_JOB: RunnerLogEvent = { kind: "no-job" };
const CANCELING: RunnerLogEvent = { kind: "script-over", isWholeJob: false };
const JOB_OVER: RunnerLogEvent = { kind: "script-over", isWholeJob: true };
const AFTER_SCRIPT: RunnerLogEvent = { kind: "after-script" };
const failed = (failure: RequestFailure): RunnerLogEvent => ({ kind: "request-failed", failure });
const FORBIDDEN = failed({ code: "rejected", detail: "forbidden", reason: "403 Forbidden" });
const UNKNOWN_NAME = failed({ code: "unreachable", detail: "name", reason: "no such host" });
const WELL = { code: 0, signal: null };

describe("waiting", () => {
  it("I-23: quits at the wait timeout, leaves a poll 60 s, then terminates, then kills", () => {
    const run = new VirtualRun().hears(NO_JOB).until(840);
    expect(run.done).toEqual(["20 SIGQUIT", "80 SIGTERM", "115 SIGKILL"]);
    expect(run.watch.outcome({ code: null, signal: "SIGKILL" })).toEqual({ kind: "no-job" });
  });

  it("runs a job that arrives in that poll to its end", () => {
    const run = new VirtualRun().until(70).hears(RECEIVED, OK).until(300).hears(SUCCESS, OK);
    expect(run.done).toEqual(["20 SIGQUIT"]);
    expect(run.watch.outcome(WELL)).toMatchObject({
      kind: "job-ended",
      status: "success",
      interrupted: false,
    });
  });

  it("T-30: a rejected token ends the runner at once, and by force within two seconds", () => {
    const run = new VirtualRun().until(1).hears(FORBIDDEN, { kind: "unhealthy" }).until(100);
    expect(run.done.slice(0, 2)).toEqual(["1 SIGTERM", "2.5 SIGKILL"]);
    expect(run.watch.outcome({ code: null, signal: "SIGKILL" })).toEqual({
      kind: "rejected",
      detail: "forbidden",
      reason: "403 Forbidden",
    });
  });

  it("a job that vanishes at its confirmation is no job: the runner quits", () => {
    const run = new VirtualRun().until(5).hears(RECEIVED, REFUSED);
    expect(run.done).toEqual(["5 SIGQUIT"]);
    expect(run.watch.outcome(WELL)).toEqual({ kind: "no-job" });
  });

  it("a job whose confirmation failed otherwise is run all the same", () => {
    const run = new VirtualRun().until(5).hears(RECEIVED, FAILED).until(30).hears(SUCCESS, OK);
    expect(run.done).toEqual([]);
    expect(run.watch.outcome(WELL)).toMatchObject({ kind: "job-ended", jobId: 7 });
  });
});

describe("why there was no job", () => {
  const left = (...events: readonly RunnerLogEvent[]) =>
    new VirtualRun()
      .hears(...events)
      .until(30)
      .watch.outcome(WELL);

  it("is that GitLab had none, once it has said so, whatever failed before and after", () => {
    expect(left(UNKNOWN_NAME, NO_JOB, UNKNOWN_NAME)).toEqual({ kind: "no-job" });
  });

  it("is what the last request failed for, when GitLab never answered", () => {
    const throttled = failed({ code: "throttled", reason: "429 Too Many Requests" });
    expect(left(throttled, UNKNOWN_NAME)).toMatchObject({ kind: "unreachable", detail: "name" });
    expect(left(UNKNOWN_NAME, throttled)).toMatchObject({ kind: "throttled" });
  });

  it("is a rejection, also of a runner that was known before", () => {
    expect(left(NO_JOB, FORBIDDEN, { kind: "unhealthy" })).toMatchObject({ kind: "rejected" });
  });

  it("is that GitLab never answered, when nothing was said at all", () => {
    expect(left()).toMatchObject({ kind: "unreachable", detail: "no-answer" });
  });

  it("is that the environment was shut down before an answer came", () => {
    const run = new VirtualRun();
    run.watch.interrupt();
    expect(run.watch.outcome(WELL)).toEqual({ kind: "stopped" });
  });
});

describe("a job that is over and does not end", () => {
  const begun = () => new VirtualRun({ wait: 900_000 }).hears(RECEIVED, OK).until(10);

  it.each([
    { name: "its time-out or GitLab's end of it", event: JOB_OVER },
    { name: "a cancel", event: CANCELING },
  ])("F-48: is ended within ten seconds of $name, gently first", ({ event }) => {
    expect(begun().hears(event).until(19.9).done).toEqual(["15 job SIGTERM", "18 job SIGKILL"]);
  });

  it("F-48: is left alone when after_script begins in time, however often GitLab repeats the cancel", () => {
    const run = begun().hears(CANCELING).until(12).hears(AFTER_SCRIPT, CANCELING).until(200);
    expect(run.hears(CANCELING).until(300).done).toEqual([]);
  });

  it("is not ended by a cancel that comes while after_script runs", () => {
    expect(begun().hears(AFTER_SCRIPT, CANCELING).until(300).done).toEqual([]);
  });

  it("F-48: is ended with its after_script when the whole job is over", () => {
    const run = begun().hears(CANCELING).until(11).hears(AFTER_SCRIPT).until(100).hears(JOB_OVER).until(109);
    expect(run.done).toEqual(["105 job SIGTERM", "108 job SIGKILL"]);
  });

  it("is no matter any more once the runner says that it has ended", () => {
    const run = begun().hears(JOB_OVER).until(12).hears(SUCCESS, OK);
    expect(run.until(16).done).toEqual([]);
  });
});

describe("a job", () => {
  it("F-40: is interrupted in time, its processes ended when it ignores that, then the runner", () => {
    const run = new VirtualRun().until(5).hears(RECEIVED, OK).until(900);
    expect(run.done.slice(0, 4)).toEqual([
      "840 SIGTERM",
      "845 job SIGTERM",
      "848 job SIGKILL",
      "851 job SIGKILL",
    ]);
    expect(run.done).toContain("875 SIGKILL");
  });

  it("F-40: interrupted and reported is a job's end", () => {
    const run = new VirtualRun().hears(RECEIVED, OK).until(841).hears(INTERRUPTED, OK);
    expect(run.watch.outcome(WELL)).toMatchObject({
      kind: "job-ended",
      failureReason: "runner_interrupted",
      interrupted: true,
    });
  });

  it("is never sent a second SIGTERM, at which the runner would drop everything", () => {
    const run = new VirtualRun().hears(RECEIVED, OK).until(100);
    run.watch.interrupt();
    run.until(839);
    run.watch.interrupt();
    expect(
      run.until(900).done.filter((what) => / SIGTERM$/.test(what) && !what.includes("job")),
    ).toHaveLength(1);
  });

  it("whose last report was refused has been ended by GitLab itself", () => {
    const run = new VirtualRun().hears(RECEIVED, OK, SUCCESS, REFUSED);
    expect(run.watch.outcome(WELL)).toMatchObject({ kind: "job-ended" });
  });

  it.each<{ name: string; events: RunnerLogEvent[] }>([
    { name: "was given up", events: [RECEIVED, OK, SUCCESS, FAILED, { kind: "given-up" }] },
    { name: "never came", events: [RECEIVED, OK, SUCCESS, FAILED] },
    { name: "was not even begun, because the runner died", events: [RECEIVED, OK] },
  ])("is lost when its last report $name, whatever the exit code", ({ events }) => {
    expect(new VirtualRun().hears(...events).watch.outcome(WELL)).toMatchObject({
      kind: "job-lost",
      jobId: 7,
    });
  });

  it("a last report that takes over a minute is given up", () => {
    const run = new VirtualRun().hears(RECEIVED, OK).until(30).hears(SUCCESS, OK).until(91);
    expect(run.done).toEqual(["35 job SIGTERM", "38 job SIGKILL", "90 SIGKILL"]);
    expect(run.watch.outcome({ code: null, signal: "SIGKILL" })).toMatchObject({ kind: "job-lost" });
  });
});

describe("a runner", () => {
  it("that breaks before it has a job is a failure", () => {
    expect(new VirtualRun().watch.outcome({ code: 1, signal: null })).toEqual({
      kind: "runner-failed",
      reason: "gitlab-runner ended by exit code 1",
    });
  });

  it("I-23 F-48: is killed in time whatever it says, when it does not go by itself", () => {
    const events = fc.constantFrom<RunnerLogEvent>(
      RECEIVED,
      OK,
      FAILED,
      REFUSED,
      SUCCESS,
      { kind: "given-up" },
      { kind: "unhealthy" },
      NO_JOB,
      CANCELING,
      JOB_OVER,
      AFTER_SCRIPT,
    );
    const step = fc.record({ after: fc.integer({ min: 0, max: 200 }), event: events });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const run = new VirtualRun();
        for (const { after, event } of steps) run.until(run.now / 1000 + after).hears(event);
        run.until(Math.max(run.now / 1000, 875));
        const first = run.done.find((what) => /^[\d.]+ SIGKILL$/.test(what));
        expect(first).toBeDefined();
        // Interrupted at 840 s, and killed 35 s later.
        expect(Number.parseFloat(first ?? "999")).toBeLessThanOrEqual(875);
      }),
    );
  });
});
