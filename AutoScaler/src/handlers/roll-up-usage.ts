import { readEnv } from "../../../Core/env";
import { ConfigurationError } from "../../../Core/errors";
import { log } from "../../../Core/log";
import { isBad } from "../../../Core/routing/field-checks";
import { readBudgets } from "../../../Core/usage/read-budgets";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { dynamoMappings } from "../adapters/dynamodb/mappings";
import { dynamoUsageRows } from "../adapters/dynamodb/usage-rows";
import { checkBudgets } from "../usage/check-budgets";
import { type RollUp, rollUp } from "../usage/roll-up";
import { ledgerOf } from "./ledger-wiring";
import { machine } from "./wiring";

const env = readEnv(process.env, { ledgerTable: "LEDGER_TABLE", mappingTable: "MAPPING_TABLE" });
const client = dynamoDbClient();
const mappings = dynamoMappings(client, env.mappingTable);
const parts = {
  ...machine,
  ledger: ledgerOf(env.ledgerTable, undefined, client),
  usage: dynamoUsageRows(client, env.ledgerTable),
};

interface RollUpReport extends Partial<RollUp> {
  /** Budgets that were checked. */
  readonly budgets: number;
}

/** Target of the schedule, every ten minutes. Days are summed up once an hour, budgets each time, where there are any. */
export const handler = async (): Promise<RollUpReport> => {
  const summed = await rollUp(parts);
  const budgets = await readBudgets((pk) => mappings.rows(pk));
  if (isBad(budgets)) throw new ConfigurationError(`The mapping's settings row ${budgets.problem}`);
  await checkBudgets(parts, budgets);
  const report = { ...summed, budgets: budgets.length };
  log.info("USAGE_ROLLED_UP", { outcome: summed === undefined ? "not-due" : "rolled-up", ...report });
  return report;
};
