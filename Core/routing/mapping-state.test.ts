import { appliedGeneration, effectiveRow, stagedPart } from "./mapping-state";

const keys = { pk: "job#build", sk: "tags#a" };
const state = (applied: unknown) => ({ pk: "mapping", sk: "state", applied });

describe("the state of uploads", () => {
  it("F-54: a row written by hand counts as it is, before and after any upload", () => {
    const row = { ...keys, type: "EC2" };
    expect(effectiveRow(row, 0)).toBe(row);
    expect(effectiveRow(row, 9)).toBe(row);
  });

  it("F-54: what is staged counts from the moment that its generation is applied", () => {
    const row = { ...keys, type: "EC2", staged: { generation: 3, row: { type: "EC2", class: "big" } } };
    expect(effectiveRow(row, 2)).toEqual({ ...keys, type: "EC2" });
    expect(effectiveRow(row, 3)).toEqual({ ...keys, type: "EC2", class: "big" });
  });

  it("F-54: a new row is not there before its moment, a removed one not after it", () => {
    const added = { ...keys, staged: { generation: 3, row: { type: "EC2" } } };
    const removed = { ...keys, type: "EC2", staged: { generation: 3 } };
    expect([effectiveRow(added, 2), effectiveRow(added, 3)]).toEqual([undefined, { ...keys, type: "EC2" }]);
    expect([effectiveRow(removed, 2), effectiveRow(removed, 3)]).toEqual([
      { ...keys, type: "EC2" },
      undefined,
    ]);
  });

  it("F-54: what a killed upload staged never counts, also when later ones are applied", () => {
    const row = { ...keys, type: "EC2", staged: { generation: 3, row: { type: "LAMBDA" } } };
    expect(effectiveRow(row, 4)).toEqual({ ...keys, type: "EC2" });
  });

  it("a staged part cannot move a row to other keys", () => {
    const row = { ...keys, staged: { generation: 1, row: { pk: "job#other", sk: "tags#", type: "EC2" } } };
    expect(effectiveRow(row, 1)).toEqual({ ...keys, type: "EC2" });
  });

  it.each([[undefined], ["3"], [null]])("takes applied %j for no upload yet", (applied) => {
    expect(appliedGeneration([state(applied)])).toBe(0);
  });

  it("reads the applied generation, and none from an empty table", () => {
    expect(appliedGeneration([state(7)])).toBe(7);
    expect(appliedGeneration([])).toBe(0);
  });

  it.each([[undefined], ["x"], [{}], [{ generation: "1" }], [[1]]])(
    "takes staged %j for no staged part",
    (staged) => {
      expect(stagedPart({ ...keys, staged })).toBeUndefined();
    },
  );
});
