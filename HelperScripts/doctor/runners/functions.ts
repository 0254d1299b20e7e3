import {
  type FunctionConfiguration,
  GetFunctionCommand,
  type GetFunctionCommandOutput,
} from "@aws-sdk/client-lambda";
import { ROLE_TAG, STACK_TAG } from "../../../Core/configuration";
import { duration, plural } from "../../console/words";
import { isNamed } from "../../failures";
import { mappedFunctions } from "../../functions/mapped-functions";
import { deployedRows } from "../../mapping/stored-rows";
import { type Check, type DoctorContext, type DoctorFinding, ok, problem, warning } from "../finding";
import { OLD_IMAGE_MILLISECONDS } from "./image-age";

const AREA = "function";
const REMEDY = "Correct it in the document, then: npx runners mapping upload FILE";

const tagProblem = ({ Tags = {} }: GetFunctionCommandOutput, { autoScaler }: DoctorContext) => {
  const deploymentId = autoScaler.outputs.get("DeploymentId");
  if (Tags[ROLE_TAG] !== "runner") return `lacks the tag ${ROLE_TAG}=runner`;
  return Tags[STACK_TAG] === deploymentId ? undefined : `lacks the tag ${STACK_TAG}=${deploymentId}`;
};

const MAX_NAMING = 3;

const listed = (names: readonly string[]): string => {
  const more = names.length - MAX_NAMING;
  return names.slice(0, MAX_NAMING).join(", ") + (more > 0 ? ` and ${plural(more, "more row")}` : "");
};

/** What puts a function right that is not active, by `StateReasonCode`. */
const STATE_REMEDIES: Readonly<Record<string, string>> = {
  ImageDeleted: "Push the image again and deploy LambdaShellRunner",
  ImageAccessDenied:
    "Let Lambda read the image's repository (Infrastructure's template does), and deploy again",
  InvalidImage: "Build the image again for the function's architecture, and deploy LambdaShellRunner",
};

/** A function falls idle after weeks without a job; its next start makes it ready and is tried again by itself. */
const stateFinding = (
  arn: string,
  { State, StateReason, StateReasonCode }: FunctionConfiguration,
): DoctorFinding | undefined => {
  if (State === undefined || State === "Active") return undefined;
  const isIdle = State === "Inactive" && (StateReasonCode === undefined || StateReasonCode === "Idle");
  if (isIdle) return ok(AREA, `${arn} is idle: its next start makes it ready within two minutes`);
  const sentence = `${arn} is ${State} (${StateReasonCode ?? "no code"}: ${StateReason ?? "no reason"})`;
  return State === "Pending"
    ? warning(AREA, sentence, "Wait two minutes, then look again")
    : problem(AREA, sentence, STATE_REMEDIES[StateReasonCode ?? ""] ?? "Deploy its stack again");
};

const FAILED_UPDATE = "Read its stack's events in CloudFormation, and deploy it again";

const updateFinding = (
  arn: string,
  { LastUpdateStatus, LastUpdateStatusReason }: FunctionConfiguration,
): DoctorFinding | undefined =>
  LastUpdateStatus === "Failed"
    ? warning(
        AREA,
        `${arn} is older than its last update, which failed (${LastUpdateStatusReason})`,
        FAILED_UPDATE,
      )
    : undefined;

const timeoutFinding = (
  arn: string,
  { Timeout = 0 }: FunctionConfiguration,
  { settings }: DoctorContext,
): DoctorFinding | undefined => {
  const lifetime = settings?.defaults.LAMBDA.lifetimeSeconds ?? 0;
  return Timeout < lifetime
    ? warning(
        AREA,
        `${arn} ends after ${Timeout} s, before the ${lifetime} s that a runner may live`,
        'Deploy it with TimeoutSeconds raised, or lower "lifetimeSeconds" of LAMBDA in the mapping\'s class default',
      )
    : undefined;
};

const ageFinding = (
  arn: string,
  { LastModified, PackageType }: FunctionConfiguration,
  { context }: DoctorContext,
): DoctorFinding | undefined => {
  const age = context.now() - Date.parse(LastModified ?? "");
  return PackageType === "Image" && age > OLD_IMAGE_MILLISECONDS
    ? warning(
        AREA,
        `${arn} was deployed ${duration(age)} ago, and Lambda updates nothing in an image`,
        "Build and deploy LambdaShellRunner again; npx runners check-runner shows its versions",
      )
    : undefined;
};

const configurationFindings = (
  arn: string,
  configuration: FunctionConfiguration,
  doctorContext: DoctorContext,
): readonly DoctorFinding[] => {
  const found = [
    stateFinding(arn, configuration),
    updateFinding(arn, configuration),
    timeoutFinding(arn, configuration, doctorContext),
    ageFinding(arn, configuration, doctorContext),
  ].flatMap((finding) => finding ?? []);
  return found.length > 0 ? found : [ok(AREA, `${arn} can be started`)];
};

const functionFindings = async (
  doctorContext: DoctorContext,
  arn: string,
  namedBy: readonly string[],
): Promise<readonly DoctorFinding[]> => {
  const answer = await doctorContext.context.clients
    .lambda()
    .send(new GetFunctionCommand({ FunctionName: arn }))
    .catch((error: unknown) => {
      if (isNamed(error, "ResourceNotFoundException")) return undefined;
      throw error;
    });
  if (answer === undefined) {
    const sentence = `There is no function ${arn}, named by ${listed(namedBy)}`;
    return [problem(AREA, sentence, `Deploy it, or: ${REMEDY}`)];
  }
  const foreign = tagProblem(answer, doctorContext);
  if (foreign === undefined) return configurationFindings(arn, answer.Configuration ?? {}, doctorContext);
  const remedy = "Deploy it as LambdaShellRunner is, whose template sets the tags";
  return [problem(AREA, `${arn} ${foreign}: it may not be started as a runner`, remedy)];
};

/** The functions that the mapping and the default runner name. */
export const checkFunctions: Check = async (doctorContext) => {
  const { context, autoScaler, settings } = doctorContext;
  const found: DoctorFinding[] = [];
  for (const { arn, namedBy } of mappedFunctions(await deployedRows(context, autoScaler), settings))
    found.push(...(await functionFindings(doctorContext, arn, namedBy)));
  return found;
};
