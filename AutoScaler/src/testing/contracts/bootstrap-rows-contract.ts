import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import type { BootstrapRows } from "../../ports";
import { freshId, sampleRow } from "./samples";

export interface BootstrapRowsUnderTest {
  readonly rows: BootstrapRows;
  put(row: BootstrapRow): Promise<void>;
  /** The row as it is stored, for the test to look at. */
  read(key: string): Promise<BootstrapRow | undefined>;
}

/** What every bootstrap table does. Keys are fresh in every test. */
export const bootstrapRowsContract = (
  prepare: () => BootstrapRowsUnderTest | Promise<BootstrapRowsUnderTest>,
): void => {
  const keys = () => ({ from: `nonce-${freshId()}`, to: `AROAROLE:i-${freshId()}` });

  it("T-8: moves a row whole to the key of one instance", async () => {
    const { rows, put, read } = await prepare();
    const { from, to } = keys();
    await put(sampleRow(from));
    expect(await rows.move(from, to)).toBe(true);
    expect(await read(from)).toBeUndefined();
    expect(await read(to)).toEqual(sampleRow(to));
  });

  it("F-18: moves once: a repeat finds it moved", async () => {
    const { rows, put, read } = await prepare();
    const { from, to } = keys();
    await put(sampleRow(from));
    expect([await rows.move(from, to), await rows.move(from, to)]).toEqual([true, true]);
    expect(await read(to)).toEqual(sampleRow(to));
  });

  it("I-6: moves once when two do it at a time", async () => {
    const { rows, put, read } = await prepare();
    const { from, to } = keys();
    await put(sampleRow(from));
    expect(await Promise.all([rows.move(from, to), rows.move(from, to)])).toEqual([true, true]);
    expect(await read(from)).toBeUndefined();
  });

  it("F-41: says that there is no row when it was taken", async () => {
    const { rows } = await prepare();
    const { from, to } = keys();
    expect(await rows.move(from, to)).toBe(false);
  });

  it("removes a row, and takes no row for success", async () => {
    const { rows, put, read } = await prepare();
    const { from } = keys();
    await put(sampleRow(from));
    await rows.remove(from);
    await rows.remove(from);
    expect(await read(from)).toBeUndefined();
  });
};
