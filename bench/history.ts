/**
 * How long the questions take with a month of jobs in the table: `status`, `why` and `cost` on the laptop's engine, with the shipped
 * table, codec and rows. The command line runs in this process; a new one takes Node's start in addition.
 *
 *   npx tsx bench/history.ts [jobs]
 */
import "../HelperScripts/quiet-sdk";

import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
} from "@aws-sdk/client-dynamodb";
import { encode, encodeItem } from "../Core/ledger/codec";
import { DeploymentDouble } from "../HelperScripts/testing/deployment-double";
import { attempt, runner } from "../HelperScripts/testing/items";
import { JOB_OF_MONTH, playMonth } from "../HelperScripts/testing/month";
import { startAws } from "../local/laptop/aws";
import { clientSettings } from "../local/laptop/client-settings";
import { openRunFolder } from "../local/laptop/run-folder";
import { BOOTSTRAP_TABLE, LEDGER_TABLE, MAPPING_TABLE } from "../tests/doubles/dynamodb/stack-tables";
import { TABLE_IDS, type TableId, tableDefinition } from "../tests/templates/table-definition";

/** Of an answer, on an idle machine of two cores: whoever asks waits no longer. */
const MAX_SECONDS = 3;
const A_BATCH = 25;
const BATCHES_AT_ONCE = 8;

const COMMANDS: readonly (readonly string[])[] = [
  ["status"],
  ["status", "--days", "30"],
  ["why", String(JOB_OF_MONTH)],
  ["cost"],
  ["cost", "--by", "job"],
  ["cost", "--project", "3", "--by", "class"],
];

type Item = ReturnType<typeof encode>;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** As the tests' deployment names them. */
const TABLES: Readonly<Record<TableId, string>> = {
  LedgerTable: LEDGER_TABLE,
  MappingTable: MAPPING_TABLE,
  BootstrapTable: BOOTSTRAP_TABLE,
};

const write = async (client: DynamoDBClient, items: readonly Item[]): Promise<void> => {
  let left = items.map((Item) => ({ PutRequest: { Item } }));
  while (left.length > 0) {
    const command = new BatchWriteItemCommand({ RequestItems: { [LEDGER_TABLE]: left } });
    const { UnprocessedItems = {} } = await client.send(command);
    left = (UnprocessedItems[LEDGER_TABLE] ?? []) as typeof left;
  }
};

const fill = async (client: DynamoDBClient, jobs: number): Promise<number> => {
  const items: Item[] = [];
  playMonth(jobs, {
    item: (item) => void items.push(encodeItem(item)),
    row: (fields) => void items.push(encode(fields)),
  });
  for (const item of [attempt(7), runner(7)]) items.push(encodeItem(item));
  const step = A_BATCH * BATCHES_AT_ONCE;
  for (let from = 0; from < items.length; from += step) {
    const batches = Array.from({ length: BATCHES_AT_ONCE }, (_, index) => from + index * A_BATCH);
    await Promise.all(
      batches.map((start) => write(client, items.slice(start, Math.min(start + A_BATCH, from + step)))),
    );
  }
  return items.length;
};

/** The command line of the tests' deployment, with the engine's tables in place of those in memory. */
const onEngine = (client: DynamoDBClient): DeploymentDouble => {
  const on = new DeploymentDouble();
  on.answers.set("GetItemCommand", (input: GetItemCommandInput) => client.send(new GetItemCommand(input)));
  on.answers.set("QueryCommand", (input: QueryCommandInput) => client.send(new QueryCommand(input)));
  on.answers.set("ScanCommand", (input: ScanCommandInput) => client.send(new ScanCommand(input)));
  return on;
};

const measure = async (on: DeploymentDouble, argv: readonly string[]): Promise<boolean> => {
  on.calls.length = 0;
  const begin = performance.now();
  const { exitCode, err } = await on.run(argv);
  const seconds = (performance.now() - begin) / 1_000;
  if (exitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${exitCode}: ${err}`);
  const reads = on.calls.filter(({ command }) => /^(GetItem|Query|Scan)/.test(command)).length;
  say(`${argv.join(" ").padEnd(34)} ${seconds.toFixed(2)} s, ${reads} reads of the tables`);
  return seconds <= MAX_SECONDS;
};

const main = async (jobs: number): Promise<boolean> => {
  const run = openRunFolder();
  const quiet = (): void => undefined;
  const aws = await startAws(run, { apiOrigin: "", onCrash: quiet, log: quiet });
  const client = new DynamoDBClient(clientSettings(aws.env));
  try {
    for (const id of TABLE_IDS) await client.send(new CreateTableCommand(tableDefinition(id, TABLES[id])));
    const begin = Date.now();
    const items = await fill(client, jobs);
    say(`${jobs} jobs in 30 days: ${items} items, written in ${Math.round((Date.now() - begin) / 1_000)} s`);
    const on = onEngine(client);
    let isMet = true;
    for (const argv of COMMANDS) isMet = (await measure(on, argv)) && isMet;
    say(isMet ? `met: each within ${MAX_SECONDS} s` : `MISSED: not each within ${MAX_SECONDS} s`);
    return isMet;
  } finally {
    client.destroy();
    await aws.close();
    await run.close();
  }
};

main(Number(process.argv[2] ?? 100_000))
  .then((holds) => process.exit(holds ? 0 : 1))
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
