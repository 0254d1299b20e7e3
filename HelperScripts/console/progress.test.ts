import type { Console } from "./console";
import { progress } from "./progress";

const SECOND = 1_000;

/** What is shown of a hundred steps, one each 100 ms. */
const shownOf = (isTerminal: boolean, steps: number): readonly string[] => {
  const shown: string[] = [];
  const show = (text: string): void => void shown.push(text);
  const console: Pick<Console, "isTerminal" | "replaceLine" | "err"> = {
    isTerminal,
    replaceLine: show,
    err: show,
  };
  let now = 0;
  const { step, end } = progress(console as Console, () => now, "Rows", 100);
  for (let done = 1; done <= steps; done += 1) {
    now += SECOND / 10;
    step(done);
  }
  end();
  return shown;
};

describe("the progress of a hundred steps", () => {
  it.each([true, false])("is not shown of what takes less than a second (terminal: %j)", (isTerminal) => {
    expect(shownOf(isTerminal, 9)).toEqual([]);
  });

  it("is a bar on a terminal, from the first second on, that is taken away", () => {
    const shown = shownOf(true, 12);
    expect(shown).toHaveLength(4);
    expect(shown[0]).toMatch(/^Rows █{3}░{27} 10 % \(10\/100\)$/);
    expect(shown.at(-1)).toBe("");
  });

  it("is a line each five seconds elsewhere", () => {
    expect(shownOf(false, 100)).toEqual(["Rows: 50 % (50 of 100)", "Rows: 100 % (100 of 100)"]);
  });
});
