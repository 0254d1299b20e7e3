import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { parseReconcilerState, RECONCILER_RECORD } from "../../Core/ledger/reconciler-state";
import { duration, plural } from "../console/words";
import { ledgerReader } from "../ledger/ledger-reader";
import { type Check, type DoctorContext, type DoctorFinding, ok, problem, warning } from "./finding";

const AREA = "stacks";

const statusFinding = (name: string, status: string): DoctorFinding => {
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return ok(AREA, `${name} is deployed`);
  if (/IN_PROGRESS/.test(status)) {
    return warning(AREA, `${name} is being deployed (${status})`, "Wait until it is done, then look again");
  }
  return problem(
    AREA,
    `${name} is in the state ${status}`,
    "Read its events in CloudFormation, fix what they name, and deploy it again",
  );
};

const comparePaths = ({ autoScaler, infrastructure }: DoctorContext): DoctorFinding => {
  const ours = autoScaler.outputs.get("ConfigurationPath") ?? "";
  const theirs = infrastructure?.outputs.get("ConfigurationPath") ?? "";
  return ours === theirs
    ? ok(AREA, `Both stacks have the configuration path ${ours}`)
    : problem(
        AREA,
        `AutoScaler has the configuration path ${ours}, Infrastructure ${theirs}`,
        `Deploy AutoScaler with ConfigurationPath=${theirs} and its other parameters below it`,
      );
};

/** The deployments themselves. */
export const checkStacks: Check = async (doctorContext) => {
  const { autoScaler, infrastructure } = doctorContext;
  const own = statusFinding(autoScaler.stackName, autoScaler.status);
  if (infrastructure === undefined) {
    const name = autoScaler.outputs.get("DeploymentId") ?? "Infrastructure";
    return [own, problem(AREA, `There is no stack ${name}`, "Deploy Infrastructure first")];
  }
  return [own, statusFinding(infrastructure.stackName, infrastructure.status), comparePaths(doctorContext)];
};

/** A pass comes each minute; one that is late, and the next that finds its lease, are no silence yet. */
const RECONCILER_SILENCE_MILLISECONDS = 3 * 60_000;

/** Every pass notes when it was done, also while the projects cannot be read. One that fails as a whole does not. */
export const checkReconciler: Check = async ({ context, autoScaler }) => {
  const record = await ledgerReader(context, autoScaler).stateRecord(RECONCILER_RECORD);
  const { doneAt } = parseReconcilerState(record);
  if (doneAt === 0) {
    return [
      warning(
        "reconciler",
        "The reconciler has not completed a pass yet",
        "Wait three minutes after the deployment; then look at ReconcilerFunction's log",
      ),
    ];
  }
  const age = context.now() - doneAt;
  return age < RECONCILER_SILENCE_MILLISECONDS
    ? [ok("reconciler", `The reconciler is at work (its last pass was done ${duration(age)} ago)`)]
    : [
        problem(
          "reconciler",
          `The reconciler has completed no pass for ${duration(age)}`,
          "Look at ReconcilerFunction's log, and whether its rule ReconcilerSchedule is enabled",
        ),
      ];
};

export const checkDlq: Check = async ({ context, autoScaler }) => {
  const QueueUrl = autoScaler.outputs.get("DeadLetterQueueUrl");
  const command = new GetQueueAttributesCommand({
    QueueUrl,
    AttributeNames: ["ApproximateNumberOfMessages"],
  });
  const answer = await context.clients.sqs().send(command);
  const count = Number(answer.Attributes?.ApproximateNumberOfMessages ?? 0);
  if (count === 0) return [ok("DLQ messages", "There are none")];
  const sentence = `${plural(count, "event")} could not be delivered`;
  return [problem("DLQ messages", sentence, "Fix what the alarm names, then: npx runners redrive")];
};
