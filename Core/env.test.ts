import { readEnv } from "./env";

describe("readEnv", () => {
  it("reads the named variables", () => {
    expect(readEnv({ A: "1", B: "2" }, { first: "A" })).toEqual({ first: "1" });
  });

  it("names every variable that is missing or empty at once", () => {
    expect(() => readEnv({ B: "" }, { a: "A", b: "B" })).toThrow(/A, B/);
  });
});
