import { DescribeStateMachineCommand } from "@aws-sdk/client-sfn";
import { isNamed } from "../failures";
import { type Check, type DoctorContext, type DoctorFinding, ok, problem } from "./finding";

const AREA = "workflow";
const WORKFLOWS = ["StartRunnerStateMachineArn", "StopRunnerStateMachineArn"] as const;
const DEPLOY = "Deploy AutoScaler again";

const lookAt = async ({ context, autoScaler }: DoctorContext, output: string): Promise<DoctorFinding> => {
  const name = output.replace(/Arn$/, "");
  const stateMachineArn = autoScaler.outputs.get(output);
  if (stateMachineArn === undefined) return problem(AREA, `The stack has no output ${output}`, DEPLOY);
  try {
    const command = new DescribeStateMachineCommand({ stateMachineArn });
    const { status, type } = await context.clients.stepFunctions().send(command);
    if (status === "ACTIVE" && type === "EXPRESS") return ok(AREA, `${name} is active`);
    return problem(AREA, `${name} is ${status ?? "in no known state"} and of type ${type}`, DEPLOY);
  } catch (error) {
    if (isNamed(error, "StateMachineDoesNotExist")) return problem(AREA, `${name} does not exist`, DEPLOY);
    throw error;
  }
};

/** Both workflows are there and take events. */
export const checkWorkflows: Check = (subject) =>
  Promise.all(WORKFLOWS.map((output) => lookAt(subject, output)));
