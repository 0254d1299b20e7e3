import {
  type CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  type StackEvent,
} from "@aws-sdk/client-cloudformation";
import { ConfigurationError } from "../../Core/errors";
import { duration } from "../console/words";
import type { Context } from "../context";
import { describeStack, isMissingStack } from "./described-stack";

type CloudFormation = Pick<CloudFormationClient, "send">;

/** A stack as it stands. */
export interface StackState {
  readonly id: string;
  readonly status: string;
}

/** @returns undefined where there is no such stack, or not any more */
export const stackState = async (
  client: CloudFormation,
  nameOrId: string,
): Promise<StackState | undefined> => {
  const { id = nameOrId, status = "" } = (await describeStack(client, nameOrId)) ?? {};
  return status === "" || status === "DELETE_COMPLETE" ? undefined : { id, status };
};

const eventPage = async (client: CloudFormation, StackName: string, NextToken: string | undefined) => {
  try {
    const page = await client.send(new DescribeStackEventsCommand({ StackName, NextToken }));
    return { events: page.StackEvents ?? [], next: page.NextToken };
  } catch (error) {
    if (isMissingStack(error)) return { events: [], next: undefined };
    throw error;
  }
};

/** The newest event of a stack, so that later ones can be told from those before. */
export const lastEventId = async (client: CloudFormation, nameOrId: string): Promise<string | undefined> =>
  (await eventPage(client, nameOrId, undefined)).events[0]?.EventId;

/**
 * What has happened to a stack, oldest first.
 *
 * @param after an event's id: only those that came later
 */
export const stackEvents = async (
  client: CloudFormation,
  nameOrId: string,
  after?: string,
): Promise<readonly StackEvent[]> => {
  const found: StackEvent[] = [];
  let next: string | undefined;
  do {
    const page = await eventPage(client, nameOrId, next);
    const at = page.events.findIndex(({ EventId }) => after !== undefined && EventId === after);
    found.push(...(at < 0 ? page.events : page.events.slice(0, at)));
    next = at < 0 ? page.next : undefined;
  } while (next !== undefined);
  return found.reverse();
};

const FAILED = /_FAILED$/;
/** What CloudFormation says of those that did nothing wrong, and of the stack as a whole. */
const CONSEQUENCE = /cancell?ed|The following resource\(s\) failed/i;

/** The resource that failed first, with CloudFormation's reason; undefined where none did. */
export const failedResource = (events: readonly StackEvent[]): string | undefined => {
  const first = events.find(
    ({ ResourceStatus = "", ResourceStatusReason = "" }) =>
      FAILED.test(ResourceStatus) && ResourceStatusReason !== "" && !CONSEQUENCE.test(ResourceStatusReason),
  );
  if (first === undefined) return undefined;
  const { LogicalResourceId, ResourceType, ResourceStatus, ResourceStatusReason } = first;
  return `${LogicalResourceId} (${ResourceType}) is ${ResourceStatus}: ${ResourceStatusReason}`;
};

const LOOK_EVERY_MILLISECONDS = 3_000;
const TELL_EVERY_MILLISECONDS = 30_000;

/** Waits while CloudFormation works on a stack. @returns how it stands then */
const untilSettled = async (
  { console, clients, now, sleep }: Context,
  nameOrId: string,
  what: string,
): Promise<StackState | undefined> => {
  const since = now();
  let toldAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const state = await stackState(clients.cloudFormation(), nameOrId);
    const isBusy = state !== undefined && /_IN_PROGRESS$/.test(state.status);
    if (!isBusy || state.status === "REVIEW_IN_PROGRESS") return state;
    const line = `${what} (${duration(now() - since)})`;
    if (console.isTerminal) console.replaceLine(line);
    else if (now() - toldAt >= TELL_EVERY_MILLISECONDS) {
      console.err(line);
      toldAt = now();
    }
    await sleep(LOOK_EVERY_MILLISECONDS);
  }
};

/**
 * Deletes a stack and waits until it is gone.
 *
 * @throws ConfigurationError with CloudFormation's reason when it stays
 */
export const deleteStack = async (context: Context, name: string): Promise<void> => {
  const client = context.clients.cloudFormation();
  const before = await stackState(client, name);
  if (before === undefined) return;
  const after = await lastEventId(client, before.id);
  await client.send(new DeleteStackCommand({ StackName: before.id }));
  const left = await untilSettled(context, before.id, `${name} is being deleted`);
  if (left === undefined) return;
  const why = failedResource(await stackEvents(client, before.id, after)) ?? `it is ${left.status}`;
  throw new ConfigurationError(
    `The stack ${name} could not be deleted: ${why}. Correct what it names, then give the same command again: it goes on`,
  );
};

/** Their creation never came to an end, so CloudFormation updates them no more. */
const NEVER_MADE = ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"];

/**
 * Brings a stack to where it can be deployed: waits for what is under way, and removes what a failed creation left.
 *
 * @throws ConfigurationError where only an operator can go on
 */
export const readyToDeploy = async (context: Context, name: string): Promise<void> => {
  const what = `${name}: waiting for what CloudFormation has under way`;
  const state = await untilSettled(context, name, what);
  if (state === undefined) return;
  if (NEVER_MADE.includes(state.status)) {
    context.console.err(`${name} is ${state.status}: removing what a failed creation left.`);
    await deleteStack(context, name);
  }
  if (state.status === "UPDATE_ROLLBACK_FAILED") {
    const why = failedResource(await stackEvents(context.clients.cloudFormation(), state.id)) ?? "";
    throw new ConfigurationError(
      `The stack ${name} is UPDATE_ROLLBACK_FAILED: ${why} Correct that, then: aws cloudformation continue-update-rollback --stack-name ${name}. Then deploy again`,
    );
  }
};
