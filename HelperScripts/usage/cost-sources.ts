import { usageReader } from "../../Core/usage/usage-reader";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { ledgerReader } from "../ledger/ledger-reader";
import { tableReads } from "../table-reads";
import type { CostSources } from "./read-cost";

/** A deployment's counts and sums. */
export const costSources = (context: Context, deployment: Deployment): CostSources => ({
  ledger: ledgerReader(context, deployment),
  usage: usageReader(tableReads(context.clients.dynamoDb(), output(deployment, "LedgerTableName"))),
  now: context.now(),
});
