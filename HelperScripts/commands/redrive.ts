import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { TransientError } from "../../Core/errors";
import { parseFunctionArn } from "../../Core/routing/function-arn";
import { safe } from "../../Core/safe-text";
import { progress } from "../console/progress";
import { table } from "../console/table";
import { plural } from "../console/words";
import { agreed, type CommonOptions, type Context, type ExitCode, show } from "../context";
import { type Deployment, findDeployment, output } from "../deployment";
import { Dlq, type HeldDlqMessage } from "../dlq/dlq";
import type { DlqMessage } from "../dlq/read-message";

export interface RedriveOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly limit: number;
}

const WORDS: Readonly<Record<DlqMessage["kind"], string>> = {
  event: "send again",
  call: "call again",
  overtaken: "drop: overtaken",
  unreadable: "leave: unreadable",
};

const putEvent = async (
  context: Context,
  busName: string,
  { source, detailType, detail }: Extract<DlqMessage, { kind: "event" }>,
): Promise<void> => {
  const Entries = [{ EventBusName: busName, Source: source, DetailType: detailType, Detail: detail }];
  const answer = await context.clients.eventBridge().send(new PutEventsCommand({ Entries }));
  const code = answer.Entries?.[0]?.ErrorCode;
  if (answer.FailedEntryCount)
    throw new TransientError(`The bus ${busName} did not take the event (${code})`);
};

const call = async (
  context: Context,
  deployment: Deployment,
  { functionArn, payload }: Extract<DlqMessage, { kind: "call" }>,
): Promise<void> => {
  const arn = parseFunctionArn(functionArn);
  const { account, region } = deployment.home;
  const isOurs = arn?.account === account && arn.region === region && /RecordPickUp/.test(arn.name);
  if (!isOurs) throw new TransientError(`${functionArn} is no function of ${deployment.stackName}`);
  await context.clients.lambda().send(
    new InvokeCommand({
      FunctionName: functionArn,
      InvocationType: "Event",
      Payload: Buffer.from(payload),
    }),
  );
};

const send = async (context: Context, deployment: Deployment, letter: DlqMessage): Promise<void> => {
  if (letter.kind === "event") await putEvent(context, output(deployment, "EventBusName"), letter);
  if (letter.kind === "call") await call(context, deployment, letter);
};

interface Outcome {
  readonly sent: number;
  readonly dropped: number;
  readonly left: number;
}

/** Sent first, deleted then: a letter may go twice, which changes nothing, but none is lost. */
export const redriveAll = async (
  context: Context,
  deployment: Deployment,
  queue: Dlq,
  held: readonly HeldDlqMessage[],
): Promise<Outcome> => {
  const bar = progress(context.console, context.now, "Redriving", held.length);
  let [sent, dropped, left] = [0, 0, 0];
  for (const [index, each] of held.entries()) {
    try {
      if (each.letter.kind === "unreadable") throw new TransientError("it cannot be read");
      await send(context, deployment, each.letter);
      await queue.remove(each);
      if (each.letter.kind === "overtaken") dropped += 1;
      else sent += 1;
    } catch (error) {
      left += 1;
      const why = error instanceof Error ? error.message : "unknown";
      context.console.err(`Left in the queue: ${safe(each.letter.label)} (${safe(why)})`);
      await queue.release(each).catch(() => undefined);
    }
    bar.step(index + 1);
  }
  bar.end();
  return { sent, dropped, left };
};

const release = (queue: Dlq, held: readonly HeldDlqMessage[]): Promise<unknown> =>
  Promise.allSettled(held.map((each) => queue.release(each)));

const overview = (context: Context, held: readonly HeldDlqMessage[]): string => {
  const rows = held.slice(0, 40).map(({ letter, reason }) => [WORDS[letter.kind], letter.label, reason]);
  const rest = held.length > 40 ? `\n… and ${held.length - 40} more` : "";
  return table(context.console, ["what", "letter", "why it died"], rows) + rest;
};

/** `redrive`: what rules and functions gave up is tried again. Everything it starts is safe to start twice. */
export const redrive = async (context: Context, options: RedriveOptions): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const queue = new Dlq(context.clients.sqs(), output(deployment, "DeadLetterQueueUrl"));
  const held = await queue.take(options.limit);
  if (held.length === 0) {
    show(context, options, { sent: 0, dropped: 0, left: 0 }, "There are no DLQ messages.");
    return 0;
  }
  context.console.err(overview(context, held));
  const question = `Redrive ${plural(held.length, "DLQ message")}?`;
  let goesOn = false;
  try {
    goesOn = options.dryRun !== true && (await agreed(context, options.yes, question));
  } finally {
    if (!goesOn) await release(queue, held);
  }
  if (!goesOn) {
    show(context, options, { sent: 0, dropped: 0, left: held.length }, "Nothing was redriven.");
    return options.dryRun ? 0 : 1;
  }
  const outcome = await redriveAll(context, deployment, queue, held);
  const { sent, dropped, left } = outcome;
  show(context, options, outcome, `${sent} sent again, ${dropped} dropped as overtaken, ${left} left.`);
  return left === 0 ? 0 : 1;
};
