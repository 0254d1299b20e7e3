import { readEnv } from "../../../Core/env";
import { ConfigurationError } from "../../../Core/errors";
import { log } from "../../../Core/log";
import { isBad } from "../../../Core/routing/field-checks";
import { readBudgets } from "../../../Core/usage/read-budgets";
import type { WaitCause } from "../../../Core/waiting/causes";
import { dynamoDbClient } from "../adapters/dynamodb/client";
import { dynamoMappings } from "../adapters/dynamodb/mappings";
import { dynamoUsageRows } from "../adapters/dynamodb/usage-rows";
import { eventBusLater } from "../adapters/eventbridge/event-bus-later";
import { checkBudgets } from "../usage/check-budgets";
import { type RollUp, rollUp } from "../usage/roll-up";
import { tellObjective } from "../usage/tell-objective";
import { ledgerOf } from "./ledger-wiring";
import { machine } from "./machine";

const env = readEnv(process.env, {
  ledgerTable: "LEDGER_TABLE",
  mappingTable: "MAPPING_TABLE",
  busName: "EVENT_BUS_NAME",
});
const client = dynamoDbClient();
const mappings = dynamoMappings(client, env.mappingTable);
const parts = {
  ...machine,
  ledger: ledgerOf(env.ledgerTable, undefined, client),
  usage: dynamoUsageRows(client, env.ledgerTable),
  bus: eventBusLater(env.busName),
};

interface RollUpReport extends Partial<RollUp> {
  readonly outcome: "rolled-up" | "not-due";
  /** Budgets that were checked. */
  readonly budgets: number;
}

interface Told {
  readonly outcome: "told" | "nothing";
  /** What most of the jobs that missed the objective waited for. */
  readonly cause?: WaitCause;
}

/** Days are summed up once an hour, budgets each time, where there are any. */
const sumUp = async (): Promise<RollUpReport> => {
  const summed = await rollUp(parts);
  const budgets = await readBudgets((pk) => mappings.rows(pk));
  if (isBad(budgets)) throw new ConfigurationError(`The mapping's settings row ${budgets.problem}`);
  await checkBudgets(parts, budgets);
  return { outcome: summed === undefined ? "not-due" : "rolled-up", ...summed, budgets: budgets.length };
};

const tell = async (): Promise<Told> => {
  const cause = await tellObjective(parts);
  return cause === undefined ? { outcome: "nothing" } : { outcome: "told", cause };
};

/** As the rule on the objective's alarms gives it. */
const isOfAlarm = (input: unknown): boolean => Object(input).isObjectiveAlarm === true;

/** Target of the schedule, every ten minutes, and of the alarms of the queue-time objective. */
export const handler = async (input: unknown): Promise<RollUpReport | Told> => {
  const report = isOfAlarm(input) ? await tell() : await sumUp();
  log.info("USAGE_ROLLED_UP", { ...report, outcome: report.outcome });
  return report;
};
