import { LineCutter } from "./line-cutter";

describe("cutting lines", () => {
  it("keeps lines whole that come in pieces", () => {
    const lines: string[] = [];
    const cutter = new LineCutter((each) => lines.push(each));
    for (const piece of ["on", "e\ntw", "o\n\nthr"]) cutter.push(piece);
    expect(lines).toEqual(["one", "two"]);
  });

  it("does not grow with a line that never ends", () => {
    const lines: string[] = [];
    const cutter = new LineCutter((each) => lines.push(each));
    cutter.push("first ");
    for (let piece = 0; piece < 1_000; piece++) cutter.push("x".repeat(10_000));
    cutter.push("\nnext\n");
    // Its beginning, where time, level and message are.
    expect(lines).toEqual(["first ".padEnd(16 * 1_024, "x"), "next"]);
  });
});
