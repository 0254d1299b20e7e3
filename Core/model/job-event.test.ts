import fc from "fast-check";
import { HOOK_STATUSES, parseJobEvent } from "./job-event";

const event = {
  object_kind: "build",
  build_id: 7,
  build_name: "test",
  build_status: "pending",
  project_id: 3,
};

describe("parseJobEvent", () => {
  it("reads GitLab's own shape and keeps nothing else", () => {
    expect(parseJobEvent({ ...event, user: { email: "a@example.com" }, runner: { id: 12 } })).toEqual({
      jobId: 7,
      projectId: 3,
      jobName: "test",
      status: "pending",
      runnerId: 12,
    });
  });

  it.each([
    ["absent", {}],
    ["null", { runner: null }],
    ["an empty placeholder", { runner: { id: "" } }],
    ["an empty string", { runner: "" }],
    ["a runner without an id", { runner: {} }],
  ])("takes a runner that is %s as no runner yet", (_, runner) => {
    expect(parseJobEvent({ ...event, ...runner })).not.toHaveProperty("runnerId");
  });

  it("keeps the attempt after which one more is asked for", () => {
    expect(parseJobEvent({ ...event, again: 3 })).toMatchObject({ again: 3 });
    expect(parseJobEvent({ ...event, again: "" })).not.toHaveProperty("again");
    expect(() => parseJobEvent({ ...event, again: true })).toThrow(/again must be/);
  });

  it("F-16: takes the attempt from the reconciler, and never from a webhook or what is sent again", () => {
    expect(parseJobEvent({ ...event, source: "gitlab.reconciler", attempt: 2 })).toMatchObject({
      attempt: 2,
    });
    expect(parseJobEvent({ ...event, source: "gitlab.reconciler", attempt: "" })).not.toHaveProperty(
      "attempt",
    );
    for (const source of ["gitlab.webhook", "gitlab.redrive"])
      for (const attempt of [2, "2", {}])
        expect(parseJobEvent({ ...event, source, attempt })).not.toHaveProperty("attempt");
  });

  it("takes the moment at which the event came, where it is one", () => {
    const time = "2026-11-25T12:00:00Z";
    expect(parseJobEvent({ ...event, time }).receivedAt).toBe(Date.UTC(2026, 10, 25, 12));
    for (const none of [undefined, "", "soon", 7])
      expect(parseJobEvent({ ...event, time: none })).not.toHaveProperty("receivedAt");
  });

  it("takes ids above 2^31", () => {
    expect(parseJobEvent({ ...event, build_id: 3_580_121_225 }).jobId).toBe(3_580_121_225);
  });

  it.each([0, -1, 1.5, 1e308, "12", 2 ** 53 + 1, null, {}, [], true, undefined])(
    "F-69: refuses the job id %p and names the field",
    (id) => {
      expect(() => parseJobEvent({ ...event, build_id: id })).toThrow(/build_id/);
    },
  );

  it.each(["PENDING", "skipped", "manual", "", ["pending"], null, undefined, 1])(
    "F-70: refuses the status %p and names the field",
    (status) => {
      expect(() => parseJobEvent({ ...event, build_status: status })).toThrow(/build_status/);
    },
  );

  it.each(["pipeline", "push", "", null, undefined, ["build"]])("F-70: refuses the kind %p", (kind) => {
    expect(() => parseJobEvent({ ...event, object_kind: kind })).toThrow(/object_kind/);
  });

  it("F-67: reads own keys only", () => {
    const inherited = Object.create({ build_id: 7 });
    expect(() => parseJobEvent(Object.assign(inherited, { ...event, build_id: undefined }))).toThrow(
      /build_id/,
    );
    expect(() => parseJobEvent(JSON.parse('{"__proto__":{"object_kind":"build"}}'))).toThrow(/object_kind/);
  });

  const statusOrError = (input: unknown): string => {
    try {
      return parseJobEvent(input).status;
    } catch (error) {
      return (error as Error).name;
    }
  };

  it("I-27: answers any JSON with an event of a known status or an InvalidInputError", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.jsonValue().map((build_id) => ({ ...event, build_id })),
        ),
        (input) => {
          expect([...HOOK_STATUSES, "InvalidInputError"]).toContain(statusOrError(input));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("F-60 F-62: keeps a hostile name byte for byte", () => {
    const names = [
      "$(touch /tmp/x)",
      "`id`",
      "\n#!/bin/sh",
      "{{resolve:ssm:/x}}",
      "\u202e\u0000\u001b[31m",
      "job#",
      "😀",
    ];
    for (const name of names) expect(parseJobEvent({ ...event, build_name: name }).jobName).toBe(name);
  });
});
