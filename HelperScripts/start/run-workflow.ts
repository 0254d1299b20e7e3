import { type SFNClient, StartSyncExecutionCommand } from "@aws-sdk/client-sfn";
import { defined } from "../../Core/defined";
import { TransientError } from "../../Core/errors";
import { fieldsOf, numberOf, textOf } from "../gitlab/json";

/** The workflow's input: what a rule's input transformer makes of an event, and the wish for one more attempt. */
export interface StartInput {
  readonly jobId: number;
  readonly projectId: number;
  /** Counts without AccessToken alone; otherwise GitLab is asked. */
  readonly jobName: string;
  /** The job's last attempt (see `JobEvent`). */
  readonly again?: number;
}

export type StartResult =
  | { readonly kind: "started"; readonly runnerId?: number; readonly resourceId: string }
  | { readonly kind: "waiting"; readonly waitingFor: string }
  | { readonly kind: "nothing"; readonly reason: string }
  /** The reason is in the ledger or in the functions' logs, never in the workflow's answer. */
  | { readonly kind: "failed" }
  | { readonly kind: "timed-out" };

/** An express workflow has five minutes. */
const TIMEOUT_MILLISECONDS = 310_000;

const workflowInput = ({ jobId, projectId, jobName, again }: StartInput) => ({
  object_kind: "build",
  build_id: jobId,
  build_name: jobName,
  build_status: "pending",
  project_id: projectId,
  runner: { id: "" },
  ...defined({ again }),
});

/** The output of an execution that succeeded: the look-up, and the start's outcome if there was one. */
const readOutput = (text: string): StartResult => {
  const { lookup, outcome } = fieldsOf(JSON.parse(text));
  const { kind, reason, waitingFor, runnerId, resourceId } = fieldsOf(outcome ?? lookup);
  if (kind === "launched") {
    const id = numberOf(runnerId);
    return { kind: "started", resourceId: textOf(resourceId), ...defined({ runnerId: id }) };
  }
  if (kind === "waiting") return { kind, waitingFor: textOf(waitingFor) };
  if (kind === "nothing") return { kind, reason: textOf(reason) };
  throw new TransientError(
    "The workflow's answer cannot be read: is the stack's version the command line's?",
  );
};

/**
 * Runs the start workflow for one job and waits for its end.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html
 *
 * @throws TransientError for an answer that cannot be read
 */
export const runStartWorkflow = async (
  client: Pick<SFNClient, "send">,
  stateMachineArn: string,
  input: StartInput,
): Promise<StartResult> => {
  const command = new StartSyncExecutionCommand({
    stateMachineArn,
    input: JSON.stringify(workflowInput(input)),
  });
  const { status, output } = await client.send(command, { requestTimeout: TIMEOUT_MILLISECONDS });
  if (status === "TIMED_OUT") return { kind: "timed-out" };
  return status === "SUCCEEDED" ? readOutput(output ?? "{}") : { kind: "failed" };
};
