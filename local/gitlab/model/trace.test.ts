import { JobTrace, lastLines, TRACE_LIMIT } from "./trace";

const traceOf = (text: string): JobTrace => {
  const trace = new JobTrace();
  trace.append(`0-${Buffer.byteLength(text) - 1}`, Buffer.from(text));
  return trace;
};

describe("a trace", () => {
  it("grows by ranges that begin where it ends", () => {
    const trace = traceOf("hello");
    expect(trace.append("5-10", Buffer.from(" state"))).toEqual({ kind: "appended" });
    expect(trace.bytes().toString()).toBe("hello state");
    expect(trace.size).toBe(11);
  });

  it.each(["3-8", "6-9", "", "x-y", "5"])("refuses the range %j after five bytes", (range) => {
    const trace = traceOf("hello");
    expect(trace.append(range, Buffer.from("more"))).toEqual({ kind: "out-of-range" });
    expect(trace.size).toBe(5);
  });

  it("has an end to its length", () => {
    expect(new JobTrace().append("0-1", Buffer.alloc(TRACE_LIMIT + 1))).toEqual({ kind: "too-long" });
  });
});

describe("the last lines of a log", () => {
  it.each([
    ["colours", "\u001b[32;1mgreen\u001b[0;m\n", ["green"]],
    ["section marks", "section_start:1700000000:script[collapsed=true]\r\u001b[0KRunning\n", ["Running"]],
    ["time stamps of the runner", "2026-01-10T10:00:00.123456Z 01O hello\n", ["hello"]],
    ["parts that were overwritten", "10 %\r50 %\r100 %\n", ["100 %"]],
    ["empty lines", "one\n\n  \ntwo\n", ["one", "two"]],
  ])("F-62: are plain text without %s", (_case, text, expected) => {
    expect(lastLines(traceOf(text), 5)).toEqual(expected);
  });

  it.each([
    ["what steers a terminal", "a\u0007b\u0000c\u009b2Jd\u202ee\n", "a\\u0007b\\u0000c\\u009b2Jd\\u202ee"],
    ["titles of windows", "\u001b]0;owned\u0007text\n", "\\u001b]0;owned\\u0007text"],
  ])("F-62: show %s escaped", (_case, text, expected) => {
    expect(lastLines(traceOf(text), 5)).toEqual([expected]);
  });

  it("are the newest, and markup stays what it is: text", () => {
    const lines = lastLines(traceOf("one\ntwo\n<img src=x onerror=alert(1)>\n"), 2);
    expect(lines).toEqual(["two", "<img src=x onerror=alert(1)>"]);
  });
});
