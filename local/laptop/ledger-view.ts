import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { isForPeople, STATE_RECORD } from "../../Core/ledger/keys";
import type { Attempt, Runner } from "../../Core/model/ledger";
import { clientSettings } from "./client-settings";

/** The ledger's content, for display. */
export interface LedgerView {
  readonly attempts: readonly Attempt[];
  readonly runners: readonly Runner[];
  /**
   * Number of items in the sparse index of open items. State records that are listed there stay for a while: a project
   * in the rotation, a spot pool that failed.
   */
  readonly open: number;
}

/** Reads the whole ledger table with consistent reads. */
export const readLedger = async (
  env: Readonly<Record<string, string>>,
  tableName: string,
): Promise<LedgerView> => {
  const client = new DynamoDBClient(clientSettings(env));
  const attempts: Attempt[] = [];
  const runners: Runner[] = [];
  let open = 0;
  for await (const page of paginateScan({ client }, { TableName: tableName, ConsistentRead: true })) {
    for (const item of page.Items ?? []) {
      const fields = unmarshall(item);
      if (fields.kind === "attempt") attempts.push(fields as Attempt);
      if (fields.kind === "runner") runners.push(fields as Runner);
      const { openPk } = fields;
      if (typeof openPk === "string" && !isForPeople(openPk) && fields.sk !== STATE_RECORD) open += 1;
    }
  }
  client.destroy();
  return { attempts, runners, open };
};

/** Reads ledgers as one. */
export const readLedgers = async (
  env: Readonly<Record<string, string>>,
  tableNames: readonly string[],
): Promise<LedgerView> => {
  const views = await Promise.all(tableNames.map((table) => readLedger(env, table)));
  return {
    attempts: views.flatMap(({ attempts }) => attempts),
    runners: views.flatMap(({ runners }) => runners),
    open: views.reduce((sum, { open }) => sum + open, 0),
  };
};
