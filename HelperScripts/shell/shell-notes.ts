import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { shellsPk } from "../../Core/ledger/keys";
import { partition } from "../../Core/ledger/table-reads";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";
import { tableReads } from "../table-reads";
import type { ShellTarget } from "./refusals";

/** Who opened a shell, where and when: an item of the ledger, beside the job's. */
export interface ShellNote {
  readonly jobId: number;
  readonly runnerId: number;
  readonly instanceId: string;
  /** ARN of the user or role session, as AWS names it. */
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Longer than the job's own items, which go after 30 days: who looks for a leak looks late. */
const KEPT_DAYS = 400;
const SECONDS_A_DAY = 86_400;

/**
 * Writes the note. It comes before the shell, so that none is opened without one.
 *
 * @throws Error when AWS does not say who asks, or the ledger does not take it
 */
export const noteShell = async (
  context: Context,
  deployment: Deployment,
  { jobId, runnerId, instanceId }: ShellTarget,
): Promise<ShellNote> => {
  const { Arn: by } = await context.clients.sts().send(new GetCallerIdentityCommand({}));
  if (by === undefined) throw new Error("AWS does not say who asks for the shell: none is opened");
  const at = new Date(context.now()).toISOString();
  const note = { jobId, runnerId, instanceId, by, at };
  const key = { pk: shellsPk(jobId), sk: `${at}#${context.random().slice(0, 8)}` };
  const ttl = Math.ceil(context.now() / 1000) + KEPT_DAYS * SECONDS_A_DAY;
  await context.clients.dynamoDb().send(
    new PutItemCommand({
      TableName: output(deployment, "LedgerTableName"),
      Item: marshall({ ...key, kind: "shell", ...note, ttl }),
      ConditionExpression: "attribute_not_exists(pk)",
    }),
  );
  return note;
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The shells that were opened for a job, the oldest first. */
export const shellsOf = async (
  context: Context,
  deployment: Deployment,
  jobId: number,
): Promise<readonly ShellNote[]> => {
  const table = tableReads(context.clients.dynamoDb(), output(deployment, "LedgerTableName"));
  const items = (await partition(table, shellsPk(jobId))).map((item) => unmarshall(item));
  return items.map(({ runnerId, instanceId, by, at }) => ({
    jobId,
    runnerId: Number(runnerId),
    instanceId: text(instanceId),
    by: text(by),
    at: text(at),
  }));
};
