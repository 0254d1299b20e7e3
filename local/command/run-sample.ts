import { setTimeout as sleep } from "node:timers/promises";
import type { StandIn } from "../gitlab";
import type { LaptopStatus } from "../gitlab/page/laptop-status";
import type { Laptop } from "../laptop/laptop";
import { rowsOf } from "../terminal/row";
import { isNothingLeft, leftText, summaryTable } from "../terminal/summary";
import type { View } from "../terminal/view";
import { uploadSampleMapping } from "./sample-mapping";

const PATIENCE_MS = 180_000;
const REDRAW_MS = 400;
const ENDED = ["success", "failed", "canceled", "skipped"];

interface Seen {
  readonly status: LaptopStatus;
  readonly rows: ReturnType<typeof rowsOf>;
}

const look = async (laptop: Laptop, standIn: StandIn, ids: readonly number[]): Promise<Seen> => {
  const status = await laptop.status();
  const jobs = standIn.jobs().filter(({ id }) => ids.includes(id));
  return { status, rows: rowsOf(jobs, status.jobs) };
};

const isOver = ({ status, rows }: Seen): boolean =>
  rows.every((row) => ENDED.includes(row.status)) && isNothingLeft(status.left);

/**
 * Runs the sample pipeline and shows it live, until every job has ended and nothing of it is left.
 *
 * @returns whether all was gone in time
 */
export const runSample = async (
  laptop: Laptop,
  standIn: StandIn,
  view: View,
  write: (text: string) => void,
): Promise<boolean> => {
  await uploadSampleMapping(laptop);
  const ids = standIn.runSample();
  let seen = await look(laptop, standIn, ids);
  for (const until = Date.now() + PATIENCE_MS; !isOver(seen) && Date.now() < until; await sleep(REDRAW_MS)) {
    seen = await look(laptop, standIn, ids);
    view.show(seen.rows);
  }
  view.finish();
  write(`\n${summaryTable(seen.rows)}\n${leftText(seen.status.left)}`);
  return isOver(seen);
};
