import { defined } from "../../Core/defined";
import { ConfigurationError } from "../../Core/errors";
import { effectiveRow, type StoredRow, stagedPart } from "../../Core/routing/mapping-state";
import { Comparison, type Difference, type MappingChange } from "./difference";
import { type MappingState, type MappingTable, ROWS_PER_TRANSACTION } from "./mapping-table";

/** How long an upload may be without a sign of life before another may begin. */
const LEASE_MILLISECONDS = 60_000;
const EXTEND_WHEN_LEFT_MILLISECONDS = 40_000;
/** Transactions at a time: enough to be quick, few enough for a new table. */
const CONCURRENCY = 4;

export interface UploadParts {
  readonly table: MappingTable;
  readonly now: () => number;
  /** Unique to this upload. */
  readonly holder: string;
  /** Called with the number of rows written so far; each change is written twice. */
  readonly step: (done: number) => void;
}

/** Reads the table and compares it with the document's rows. */
export const readDifference = async (
  table: MappingTable,
  rows: readonly StoredRow[],
  prune: boolean,
): Promise<{ readonly state: MappingState; readonly difference: Difference }> => {
  const state = await table.state();
  const comparison = new Comparison(rows, state.applied, prune);
  for await (const page of table.pages()) comparison.add(page);
  return { state, difference: comparison.result() };
};

const chunks = <Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );

const overtaken = (): never => {
  throw new ConfigurationError(
    "Another upload took over meanwhile, and its mapping counts: look at it with mapping pull, then upload again",
  );
};

/** Fails with the reason, unless our own first try came through and only its answer was lost. */
const mustHaveBegun = async ({ table, now, holder }: UploadParts, read: MappingState): Promise<void> => {
  const state = await table.state();
  if (state.uploader?.holder === holder) return;
  const seconds = Math.ceil(((state.uploader?.busyUntil ?? 0) - now()) / 1000);
  if (state.uploader && seconds > 0) {
    throw new ConfigurationError(
      `Another upload is under way: wait for it, then upload again. (If it was killed, its lock expires in ${seconds} s.) Nothing was written`,
    );
  }
  throw new ConfigurationError(
    `Another upload changed the mapping while you looked at the difference (number ${read.issued} then, ${state.issued} now): upload again to see what is left to change. Nothing was written`,
  );
};

/** One upload that holds the table. */
class Upload {
  private done = 0;
  private until: number;

  constructor(
    private readonly parts: UploadParts,
    private readonly generation: number,
    until: number,
  ) {
    this.until = until;
  }

  private async stayAlive(): Promise<void> {
    const now = this.parts.now();
    if (this.until - now > EXTEND_WHEN_LEFT_MILLISECONDS) return;
    this.until = now + LEASE_MILLISECONDS;
    if (!(await this.parts.table.extend(this.parts.holder, this.until))) overtaken();
  }

  private async inChunks<Item>(
    items: readonly Item[],
    write: (chunk: readonly Item[]) => Promise<boolean>,
    onLost: () => void,
  ): Promise<void> {
    const waiting = [...chunks(items, ROWS_PER_TRANSACTION)];
    const worker = async (): Promise<void> => {
      for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
        await this.stayAlive();
        if (!(await write(chunk))) onLost();
        this.done += chunk.length;
        this.parts.step(this.done);
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: CONCURRENCY }, worker));
    const failed = workers.find((each) => each.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** What an earlier upload left: folded in when its moment came, taken away when it did not. */
  async clean(unsettled: readonly StoredRow[], applied: number): Promise<void> {
    const rows = unsettled.map((row) => {
      const remains = effectiveRow(row, applied);
      const generation = stagedPart(row)?.generation ?? 0;
      return { key: row, generation, ...(remains ? { remains } : {}) };
    });
    await this.inChunks(
      rows,
      (chunk) => this.parts.table.settle(chunk),
      () => undefined,
    );
    this.done = 0;
  }

  async stage(changes: readonly MappingChange[]): Promise<void> {
    const rows = changes.map((change) => {
      const { pk: _pk, sk: _sk, ...next } = change.row;
      return change.kind === "remove" ? { row: change.row } : { row: change.row, next };
    });
    await this.inChunks(rows, (chunk) => this.parts.table.stage(this.generation, chunk), overtaken);
  }

  async apply(): Promise<void> {
    const { table, holder, now } = this.parts;
    const isApplied = await table.apply(this.generation, holder, new Date(now()).toISOString());
    if (!isApplied && (await table.state()).applied !== this.generation) overtaken();
  }
}

type Settlement = Parameters<MappingTable["settle"]>[0][number];

/** After the moment. Who lost a row here lost it to a later upload, which folds in first itself. */
const foldIn = async (
  table: MappingTable,
  rows: readonly Settlement[],
  step: (done: number) => void,
): Promise<void> => {
  let done = 0;
  const waiting = [...chunks(rows, ROWS_PER_TRANSACTION)];
  const worker = async (): Promise<void> => {
    for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
      await table.settle(chunk);
      done += chunk.length;
      step(done);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
};

/** Folds in what an upload applied and was killed before it could fold in. Changes nothing that counts. */
export const foldInApplied = (
  table: MappingTable,
  unsettled: readonly StoredRow[],
  applied: number,
): Promise<void> => {
  const rows = unsettled
    .filter((row) => stagedPart(row)?.generation === applied)
    .map((key) => {
      const remains = effectiveRow(key, applied);
      return { key, generation: applied, ...(remains ? { remains } : {}) };
    });
  return foldIn(table, rows, () => undefined);
};

const settlement = (generation: number, { kind, row }: MappingChange): Settlement => ({
  key: row,
  generation,
  ...defined({ remains: kind === "remove" ? undefined : row }),
});

/**
 * Writes a difference so that look-ups see the old mapping whole, then the new one whole.
 *
 * @param read the state as it was when the difference was made
 * @returns whether the staged parts are folded in; false: they count all the same, the next upload folds them in
 * @throws ConfigurationError when another upload was first: then nothing of this one counts
 */
export const applyDifference = async (
  parts: UploadParts,
  read: MappingState,
  difference: Difference,
): Promise<boolean> => {
  const { table, now, holder } = parts;
  const until = now() + LEASE_MILLISECONDS;
  if (!(await table.begin(read, holder, now(), until))) await mustHaveBegun(parts, read);
  const generation = read.issued + 1;
  const upload = new Upload(parts, generation, until);
  const { changes } = difference;
  try {
    await upload.clean(difference.unsettled, read.applied);
    await upload.stage(changes);
    await upload.apply();
  } catch (error) {
    await table.giveUp(holder).catch(() => undefined);
    throw error;
  }
  const rows = changes.map((change) => settlement(generation, change));
  return foldIn(table, rows, (done) => parts.step(changes.length + done)).then(
    () => true,
    () => false,
  );
};
