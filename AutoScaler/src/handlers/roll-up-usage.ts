import { readEnv } from "../../../Core/env";
import { ConfigurationError } from "../../../Core/errors";
import { log } from "../../../Core/log";
import { isBad } from "../../../Core/routing/field-checks";
import { readBudgets } from "../../../Core/usage/read-budgets";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { dynamoMappings } from "../adapters/dynamodb/mappings";
import { dynamoUsageRows } from "../adapters/dynamodb/usage-rows";
import { checkBudgets } from "../usage/check-budgets";
import { rollUp } from "../usage/roll-up";
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

/** Target of the schedule, every ten minutes. Days are summed up once an hour, budgets each time, where there are any. */
export const handler = async (): Promise<void> => {
  const { days, rows } = (await rollUp(parts)) ?? {};
  const budgets = await readBudgets((pk) => mappings.rows(pk));
  if (isBad(budgets)) throw new ConfigurationError(`The mapping's settings row ${budgets.problem}`);
  await checkBudgets(parts, budgets);
  log.info("USAGE_ROLLED_UP", { days, rows, budgets: budgets.length });
};
