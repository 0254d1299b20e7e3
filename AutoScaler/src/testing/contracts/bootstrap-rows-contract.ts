import type { BootstrapRow } from "../../../../Core/model/bootstrap-row";
import type { BootstrapRows } from "../../ports";
import { freshId, sampleRow } from "./samples";

export interface BootstrapRowsUnderTest {
  readonly rows: BootstrapRows;
  put(row: BootstrapRow): Promise<void>;
  /** The stored row, for tests to check. */
  read(key: string): Promise<BootstrapRow | undefined>;
}

/** The contract of every bootstrap table. Keys are new in every test. */
export const bootstrapRowsContract = (
  prepare: () => BootstrapRowsUnderTest | Promise<BootstrapRowsUnderTest>,
): void => {
  const keys = () => ({ from: `nonce-${freshId()}`, to: `AROAROLE:i-${freshId()}` });

  it("T-8: moves a whole row to the key of one instance", async () => {
    const { rows, put, read } = await prepare();
    const { from, to } = keys();
    await put(sampleRow(from));
    expect(await rows.move(from, to)).toBe(true);
    expect(await read(from)).toBeUndefined();
    expect(await read(to)).toEqual(sampleRow(to));
  });

  it("F-18: moves a row once: a repeat finds it moved", async () => {
    const { rows, put, read } = await prepare();
    const { from, to } = keys();
    await put(sampleRow(from));
    expect([await rows.move(from, to), await rows.move(from, to)]).toEqual([true, true]);
    expect(await read(to)).toEqual(sampleRow(to));
  });

  it("I-6: moves a row once when two calls do it at the same time", async () => {
    const { rows, put, read } = await prepare();
    const { from, to } = keys();
    await put(sampleRow(from));
    expect(await Promise.all([rows.move(from, to), rows.move(from, to)])).toEqual([true, true]);
    expect(await read(from)).toBeUndefined();
  });

  it("F-41: reports no row when it was taken", async () => {
    const { rows } = await prepare();
    const { from, to } = keys();
    expect(await rows.move(from, to)).toBe(false);
  });

  it("I-18: reads a whole row and leaves it, so that a repeat reads the same; none is no error", async () => {
    const { rows, put } = await prepare();
    const { from } = keys();
    expect(await rows.read(from)).toBeUndefined();
    await put(sampleRow(from));
    expect([await rows.read(from), await rows.read(from)]).toEqual([sampleRow(from), sampleRow(from)]);
  });

  it("removes a row, and succeeds when there is none", async () => {
    const { rows, put, read } = await prepare();
    const { from } = keys();
    await put(sampleRow(from));
    await rows.remove(from);
    await rows.remove(from);
    expect(await read(from)).toBeUndefined();
  });
};
