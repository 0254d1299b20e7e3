import { differs, playCostOfMonth } from "./month";

// A thousand of the hundred thousand that `npm run simulate -- --month` plays: more take longer than CI has.
it("I-40: a month's cost equals to the cent what AWS's side says, by project, market and waste", async () => {
  const { jobs, total, figures } = await playCostOfMonth(1_000, 7);
  expect([total, ...figures].filter(differs)).toEqual([]);
  // A tenth have no job, and two thirds of the rest of an exchange's jobs are one more.
  expect(jobs).toBeGreaterThan(900);
  // Far more than half a cent in each sum, so that what is missing would be seen.
  expect(Math.min(...figures.slice(0, 16).map(({ billed }) => billed))).toBeGreaterThan(0.1);
});
