import { runnerDescription } from "../../Core/configuration";
import { wrongStarts } from "../../tests/simulation/world/proof/starts";
import { RunnerSpans } from "./runner-spans";

const prepare = () => {
  let now = 0;
  const records = [1, 2, 3].map((id) => ({
    id,
    description: runnerDescription("d", 7, id === 3 ? 1 : id),
    paused: false,
  }));
  const spans = new RunnerSpans(
    "d",
    () => records,
    () => {
      now += 1;
      return now;
    },
  );
  return { spans, records };
};

describe("double starts of a load", () => {
  it("I-2: are two runners that take the row of one attempt", () => {
    const { spans } = prepare();
    spans.began(1)?.ended();
    spans.began(1);
    expect(wrongStarts(spans.all)).toEqual(["I-2: more than one runner for 7-1"]);
  });

  it("I-2: are two runner records for one attempt, each with a runner", () => {
    const { spans } = prepare();
    spans.began(1);
    spans.began(3);
    expect(wrongStarts(spans.all)).toEqual(["I-2: more than one runner for 7-1"]);
  });

  it("I-2: are a further attempt while the first one's runner waits, as a doubled webhook would open it", () => {
    const { spans } = prepare();
    spans.began(1);
    spans.began(2);
    expect(wrongStarts(spans.all)).toHaveLength(1);
  });

  it("I-2: are not a further attempt after another job took the runner", () => {
    const { spans } = prepare();
    spans.began(1)?.gotJob(8);
    spans.began(2);
    expect(wrongStarts(spans.all)).toEqual([]);
  });

  it("I-2: are not a further attempt after the first runner was paused", () => {
    const { spans, records } = prepare();
    spans.began(1);
    records[0]!.paused = true;
    spans.began(2);
    expect(wrongStarts(spans.all)).toEqual([]);
  });
});
