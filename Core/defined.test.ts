import { defined } from "./defined";

describe("defined", () => {
  it("leaves out the keys whose value is undefined", () => {
    expect(Object.keys(defined({ one: undefined, other: 1 }))).toEqual(["other"]);
  });

  it("keeps every other value, also those that count as false", () => {
    const fields = { empty: "", zero: 0, no: false, nothing: null };
    expect(defined(fields)).toEqual(fields);
  });

  it("fits an optional field that may not be undefined", () => {
    const name: string | undefined = undefined as string | undefined;
    const named: { readonly name?: string } = defined({ name });
    expect(named).toEqual({});
  });
});
