import { LEDGER_TABLE } from "../../../tests/doubles/dynamodb/stack-tables";
import { DeploymentDouble } from "../../testing/deployment-double";
import { attempt, runner } from "../../testing/items";
import { JOB_OF_MONTH, playMonth } from "../../testing/month";

/** What the questions read of a ledger with a month in it: what they show, however many jobs there were. */

const month = (jobs: number): DeploymentDouble => {
  const on = new DeploymentDouble();
  playMonth(jobs, { item: (item) => on.putLedger(item), row: (fields) => on.ledger.put(fields) });
  on.putLedger(attempt(7));
  on.putLedger(runner(7));
  return on;
};

const few = month(600);
const many = month(3_000);

/** Items that a command line reads of the tables, and its calls. */
const reads = async (on: DeploymentDouble, argv: readonly string[]) => {
  const seen = { items: 0, calls: 0, scans: 0 };
  const run = on.dynamo.run.bind(on.dynamo);
  on.dynamo.run = (operation, request) => {
    const answer = run(operation, request) as { readonly Items?: readonly object[]; readonly Item?: object };
    seen.calls += 1;
    seen.items += answer.Items?.length ?? (answer.Item ? 1 : 0);
    if (operation.startsWith("Scan") && request.TableName === LEDGER_TABLE) seen.scans += 1;
    return answer;
  };
  const { exitCode } = await on.run(argv);
  on.dynamo.run = run;
  expect(exitCode).toBe(0);
  return seen;
};

it.each([
  ["status", []],
  ["why", [String(JOB_OF_MONTH)]],
  ["cost", ["--month", "2026-10"]],
])("I-40: %s reads as much of a ledger with ten times as many jobs", async (command, more) => {
  const argv = [command, ...more];
  const [before, after] = [await reads(few, argv), await reads(many, argv)];
  expect(after).toEqual(before);
  expect(after.scans).toBe(0);
});

it.each([
  // A row for each day and project; today's counts, of which there are as many as names and shards; and some records.
  ["cost", ["--month", "2026-11"], 24 * 20 + 3_000 / 30 + 10],
  ["cost", ["--by", "class"], 24 * 20 + 3_000 / 30 + 10],
  // With the names twice as many.
  ["cost", ["--by", "job"], 2 * 24 * 20 + 3_000 / 30 + 10],
  ["cost", ["--project", "3"], 24 + 3_000 / 30 / 20 + 10],
  // Of two months; and what runs.
  ["status", ["--days", "30"], 2 * 29 * 20 + 3_000 / 30 + 20],
])("I-40: %s %j reads rows of days, and none of jobs", async (command, more, items) => {
  const seen = await reads(many, [command, ...more]);
  // The bar is what is shown: each of the 3,000 jobs has an attempt and a runner, 6,000 items.
  expect(seen.items).toBeLessThanOrEqual(items);
  expect(seen.scans).toBe(0);
});

it("status finds jobs that failed lately, and reads none of those that have not", async () => {
  const on = month(300);
  const first = attempt(8, {
    state: "FAILED",
    reason: "no-job",
    isLast: true,
    times: { FAILED: on.now - 1_000 },
  });
  const second = attempt(9, { state: "FAILED", reason: "no-job", times: { FAILED: on.now - 2_000 } });
  const old = { ...first, jobId: 10, times: { FAILED: on.now - 25 * 3_600_000 } };
  for (const each of [first, second, { ...second, attempt: 2, state: "RUNNING" as const, times: {} }, old])
    on.putLedger(each);
  const { out } = await on.run(["status", "--json"]);
  expect(JSON.parse(out)).toMatchObject({ jobs: { stuck: [{ jobId: 8 }] }, isComplete: true });
  const seen = await reads(on, ["status"]);
  expect(seen.scans).toBe(0);
  // Those three, the two jobs' attempts read again, what runs, and records.
  expect(seen.items).toBeLessThan(20);
});
