import { sliceOf } from "./slice";

describe("a slice of a long run", () => {
  const items = Array.from({ length: 11 }, (_, n) => n);

  it("is all of it by default", () => {
    expect(sliceOf(items, "1/1")).toEqual(items);
  });

  it("shares no item with another slice, and together they are all", () => {
    const parts = ["1/4", "2/4", "3/4", "4/4"].flatMap((part) => sliceOf(items, part));
    expect([...parts].sort((one, other) => one - other)).toEqual(items);
  });

  it.each(["0/4", "5/4", "1", "a/b", "1/4/2", ""])("is refused as %p", (part) => {
    expect(() => sliceOf(items, part)).toThrow(/--slice takes I\/N/);
  });
});
