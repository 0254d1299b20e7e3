import { setTimeout as sleep } from "node:timers/promises";
import type { StandIn } from "../gitlab";
import type { LaptopStatus } from "../gitlab/page/laptop-status";
import type { Laptop } from "../laptop/laptop";
import { rowsOf } from "../terminal/row";
import { hasNothingRemaining, refusedText, remainingText, summaryTable } from "../terminal/summary";
import type { View } from "../terminal/view";
import { uploadSampleMapping } from "./sample-mapping";

const TIMEOUT_MS = 180_000;
const REDRAW_MS = 400;
const ENDED = ["success", "failed", "canceled", "skipped"];

interface SampleSnapshot {
  readonly status: LaptopStatus;
  readonly rows: ReturnType<typeof rowsOf>;
}

const readSnapshot = async (
  laptop: Laptop,
  standIn: StandIn,
  ids: readonly number[],
): Promise<SampleSnapshot> => {
  const status = await laptop.status();
  const jobs = standIn.jobs().filter(({ id }) => ids.includes(id));
  return { status, rows: rowsOf(jobs, status.jobs) };
};

const isFinished = ({ status, rows }: SampleSnapshot): boolean =>
  rows.every((row) => ENDED.includes(row.status)) && hasNothingRemaining(status.remaining);

/**
 * Runs the sample pipeline and shows it live, until every job has ended and no resource remains.
 *
 * @returns whether that happened within the time-out
 */
export const runSample = async (
  laptop: Laptop,
  standIn: StandIn,
  view: View,
  write: (text: string) => void,
): Promise<boolean> => {
  await uploadSampleMapping(laptop);
  const ids = standIn.runSample();
  let snapshot = await readSnapshot(laptop, standIn, ids);
  for (
    const until = Date.now() + TIMEOUT_MS;
    !isFinished(snapshot) && Date.now() < until;
    await sleep(REDRAW_MS)
  ) {
    snapshot = await readSnapshot(laptop, standIn, ids);
    view.show(snapshot.rows);
  }
  view.finish();
  write(`\n${summaryTable(snapshot.rows)}\n${remainingText(snapshot.status.remaining)}`);
  const refused = refusedText(snapshot.status.account);
  if (refused) write(refused);
  return isFinished(snapshot);
};
