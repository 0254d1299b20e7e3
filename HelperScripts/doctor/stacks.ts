import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { parseSweepState, SWEEP_NOTE } from "../../Core/ledger/reconciler-state";
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

const SWEEP_SILENCE_MILLISECONDS = 25 * 60_000;

/** Every pass notes when it was done: a sign of life, also while the projects cannot be read. */
export const checkSweep: Check = async ({ context, autoScaler }) => {
  const note = await ledgerReader(context, autoScaler).note(SWEEP_NOTE);
  const { projectsReadAt, doneAt } = parseSweepState(note);
  if (projectsReadAt === 0) {
    return [
      warning(
        "sweep",
        "The sweep has not read its projects yet",
        "Wait ten minutes after the deployment; then look at SweepFunction's log (without AccessToken there is no sweep of GitLab)",
      ),
    ];
  }
  const age = context.now() - Math.max(projectsReadAt, doneAt);
  return age < SWEEP_SILENCE_MILLISECONDS
    ? [ok("sweep", `The sweep is at work (${duration(age)} ago)`)]
    : [
        problem(
          "sweep",
          `The sweep has been silent for ${duration(age)}`,
          "Look at SweepFunction's log, and whether its rule SweepSchedule is enabled",
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
  return [problem("DLQ messages", sentence, "Fix what the alarm names, then: npm run runners -- redrive")];
};
