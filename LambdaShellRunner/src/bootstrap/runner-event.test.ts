import { parseRunnerEvent } from "./runner-event";

describe("a runner's event", () => {
  it("is a key and a runner id, and nothing else of it is read", () => {
    expect(parseRunnerEvent({ bootstrapKey: "ab", runnerId: 12, token: "glrt-x" })).toEqual({
      bootstrapKey: "ab",
      runnerId: 12,
    });
  });

  it.each([
    undefined,
    null,
    "text",
    {},
    { bootstrapKey: "", runnerId: 1 },
    { bootstrapKey: "a", runnerId: "1" },
    { bootstrapKey: "a", runnerId: 0 },
    { bootstrapKey: "a", runnerId: 1.5 },
  ])("that is %j is refused with InvalidInputError", (input) => {
    expect(() => parseRunnerEvent(input)).toThrow(expect.objectContaining({ name: "InvalidInputError" }));
  });
});
