import { STACK } from "../../../Core/ledger/keys";
import { fakeLedger } from "../testing/fakes";
import { pauseBetweenStarts } from "./pause-between-starts";

const pauseAt = async (room: number | undefined, starts: number): Promise<number> => {
  const ledger = fakeLedger();
  if (room !== undefined) await ledger.commit([{ slotLimit: { scope: STACK, limit: room } }]);
  return pauseBetweenStarts(ledger, starts, 20);
};

it.each([
  // Five functions beside the runners, four starts a second each: twenty take a second.
  { account: "ten concurrent executions", room: 5, starts: 200, pause: 1_000 },
  { account: "1,000 concurrent executions", room: 900, starts: 200, pause: 5 },
  // 49 pauses in ten seconds.
  { account: "ten, and 1,000 starts", room: 5, starts: 1_000, pause: 204 },
])("F-77: with room as of $account a pause takes $pause ms", async ({ room, starts, pause }) => {
  expect(await pauseAt(room, starts)).toBe(pause);
});

it("makes no pause where one portion is all, nor before the account's limit is known", async () => {
  expect(await pauseAt(5, 20)).toBe(0);
  expect(await pauseAt(undefined, 200)).toBe(0);
});
