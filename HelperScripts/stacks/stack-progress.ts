import { DescribeChangeSetCommand, ListChangeSetsCommand } from "@aws-sdk/client-cloudformation";
import { duration } from "../console/words";
import type { Context } from "../context";
import { stackEvents } from "./stack-state";

/** What CloudFormation has done of a deployment. */
interface StackCount {
  readonly done: number;
  /** Undefined: not known. */
  readonly total?: number;
}

const LOOK_EVERY_MILLISECONDS = 3_000;
const TELL_EVERY_MILLISECONDS = 15_000;
/** So that the end of a deployment is not waited for much longer than it takes. */
const STEP_MILLISECONDS = 250;

/** Changes of the newest change set. */
const countChanges = async ({ clients }: Context, StackName: string): Promise<number | undefined> => {
  const client = clients.cloudFormation();
  const { Summaries = [] } = await client.send(new ListChangeSetsCommand({ StackName }));
  const time = ({ CreationTime }: { CreationTime?: Date | undefined }): number =>
    CreationTime?.getTime() ?? 0;
  const [newest] = [...Summaries].sort((one, other) => time(other) - time(one));
  const ChangeSetName = newest?.ChangeSetId ?? newest?.ChangeSetName;
  if (ChangeSetName === undefined) return undefined;
  let count = 0;
  let NextToken: string | undefined;
  do {
    const page = await client.send(new DescribeChangeSetCommand({ StackName, ChangeSetName, NextToken }));
    count += page.Changes?.length ?? 0;
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return count;
};

const DONE = /^(CREATE|UPDATE|DELETE|IMPORT)_COMPLETE$/;

const countDone = async (context: Context, name: string, after: string | undefined): Promise<number> => {
  const events = await stackEvents(context.clients.cloudFormation(), name, after);
  const done = events.filter(
    ({ ResourceStatus = "", ResourceType }) =>
      DONE.test(ResourceStatus) && ResourceType !== "AWS::CloudFormation::Stack",
  );
  return new Set(done.map(({ LogicalResourceId }) => LogicalResourceId)).size;
};

const countText = ({ done, total }: StackCount): string =>
  total === undefined ? `${done} resources` : `${Math.min(done, total)} of ${total} resources`;

/** A deployment that is watched while SAM carries it out. */
export interface StackWatch {
  /** Ends watching. @returns how many resources were made, changed or deleted */
  end(): Promise<number>;
}

/**
 * Shows how far a stack's deployment is: a line that changes on a terminal, one each quarter of a minute elsewhere.
 *
 * @param after the stack's newest event before the deployment
 */
export const watchStack = (context: Context, name: string, after: string | undefined): StackWatch => {
  const { console, now, sleep } = context;
  const since = now();
  let [isOver, toldAt] = [false, since];
  let count: StackCount = { done: 0 };
  const look = async (): Promise<void> => {
    const done = await countDone(context, name, after);
    const total =
      done > 0 ? (count.total ?? (await countChanges(context, name).catch(() => undefined))) : undefined;
    count = total === undefined ? { done } : { done, total };
  };
  const tell = (): void => {
    const line = `  ${name}: ${countText(count)} (${duration(now() - since)})`;
    if (console.isTerminal) console.replaceLine(line);
    else if (now() - toldAt >= TELL_EVERY_MILLISECONDS) {
      console.err(line);
      toldAt = now();
    }
  };
  const watch = async (): Promise<void> => {
    for (let lookedAt = now(); !isOver; await sleep(STEP_MILLISECONDS)) {
      if (now() - lookedAt < LOOK_EVERY_MILLISECONDS) continue;
      // Not seeing how far it is stops no deployment.
      await look().catch(() => undefined);
      lookedAt = now();
      if (!isOver) tell();
    }
  };
  // Its end is told by what runs the deployment.
  const watching = watch().catch(() => undefined);
  return {
    end: async () => {
      isOver = true;
      await watching;
      await look().catch(() => undefined);
      if (console.isTerminal) console.replaceLine("");
      return count.done;
    },
  };
};
