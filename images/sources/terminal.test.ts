import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { drawTerminal, terminalSize, WHY } from "./terminal";

const path = (name: string): string => join(__dirname, "..", name);
const source = readFileSync(join(__dirname, "why.txt"), "utf8");

describe("the picture of why", () => {
  it("is what its source gives, with a PNG beside it (npm run pictures draws it)", () => {
    expect(readFileSync(path("why.svg"), "utf8")).toBe(drawTerminal(WHY));
    expect(existsSync(path("why.png"))).toBe(true);
  });

  it("has every line of what the command wrote, and room for the longest", () => {
    const lines = source.trimEnd().split("\n").filter(Boolean);
    const drawn = [...drawTerminal(WHY).matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(drawn.slice(1)).toEqual(lines.map((line) => line.replaceAll("&", "&amp;")));
    // A monospaced character of 13 pixels is 7.8 wide in DejaVu Sans Mono, the widest of the fonts named.
    expect(terminalSize(WHY).width).toBeGreaterThan(Math.max(...lines.map(({ length }) => length)) * 7.8);
  });

  it("shows what why says today: what happened, what it waited for, what it cost", () => {
    const columns = ["attempt", "state", "when (UTC)", "after", "runner launched", "job over"];
    for (const words of [...columns, "from pending to running, for:", "Cost: $", "Estimated beside it"])
      expect(source).toContain(words);
  });
});
