import { GetFunctionCommand, type GetFunctionCommandOutput } from "@aws-sdk/client-lambda";
import { ROLE_TAG, STACK_TAG } from "../../Core/configuration";
import { functionArnProblem } from "../../Core/routing/function-arn";
import { type RowFlaw, readMapping } from "../../Core/routing/mapping-reading";
import { rowName } from "../../Core/routing/mapping-row";
import type { StoredRow } from "../../Core/routing/mapping-state";
import type { RoutingSettings } from "../../Core/routing/routing-settings";
import { plural } from "../console/words";
import { output } from "../deployment";
import { flawSentence } from "../document/pulled-document";
import { isNamed } from "../failures";
import { MappingTable } from "../mapping/mapping-table";
import { storedRows } from "../mapping/stored-rows";
import { type Check, type DoctorContext, type DoctorFinding, ok, problem, warning } from "./finding";

const AREA = "mapping";
const FUNCTION = "function";
const MAX_SHOWN = 10;
const REMEDY = "Correct it in the document, then: npm run runners -- mapping upload FILE";

const rowsOf = (doctorContext: DoctorContext): Promise<readonly StoredRow[]> => {
  const { context, autoScaler } = doctorContext;
  const name = output(autoScaler, "MappingTableName");
  return storedRows(new MappingTable(context.clients.dynamoDb(), name, context.sleep));
};

const functionTagProblem = (
  answer: GetFunctionCommandOutput,
  doctorContext: DoctorContext,
): string | undefined => {
  const tags = answer.Tags ?? {};
  const deploymentId = doctorContext.autoScaler.outputs.get("DeploymentId");
  if (tags[ROLE_TAG] !== "runner") return `lacks the tag ${ROLE_TAG}=runner`;
  return tags[STACK_TAG] === deploymentId ? undefined : `lacks the tag ${STACK_TAG}=${deploymentId}`;
};

const MAX_NAMING = 3;

const listed = (names: readonly string[]): string => {
  const more = names.length - MAX_NAMING;
  return names.slice(0, MAX_NAMING).join(", ") + (more > 0 ? ` and ${plural(more, "more row")}` : "");
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
  if (answer === undefined)
    return [
      problem(
        FUNCTION,
        `There is no function ${arn}, named by ${listed(namedBy)}`,
        `Deploy it, or: ${REMEDY}`,
      ),
    ];
  const tagProblem = functionTagProblem(answer, doctorContext);
  if (tagProblem) {
    return [
      problem(
        FUNCTION,
        `${arn} ${tagProblem}: it may not be started as a runner`,
        "Deploy it as LambdaShellRunner is, whose template sets the tags",
      ),
    ];
  }
  const { State, StateReason, Timeout = 0 } = answer.Configuration ?? {};
  if (State !== undefined && State !== "Active" && State !== "Inactive") {
    return [
      problem(FUNCTION, `${arn} is ${State} (${StateReason ?? "no reason"})`, "Deploy its stack again"),
    ];
  }
  const lifetime = doctorContext.settings?.defaults.LAMBDA.lifetimeSeconds ?? 0;
  return Timeout < lifetime
    ? [
        warning(
          FUNCTION,
          `${arn} ends after ${Timeout} s, before the ${lifetime} s that a runner may live`,
          "Deploy it with TimeoutSeconds raised, or AutoScaler with LambdaLifetimeSeconds lowered",
        ),
      ]
    : [ok(FUNCTION, `${arn} can be started`)];
};

const flawFinding = (flaw: RowFlaw): DoctorFinding =>
  (flaw.kind === "odd" ? warning : problem)(AREA, flawSentence(flaw), REMEDY);

const shortened = (findings: readonly DoctorFinding[], rest: string): readonly DoctorFinding[] => {
  const more = findings.length - MAX_SHOWN;
  const shown = findings.slice(0, MAX_SHOWN);
  const [last] = findings.slice(-1);
  return last && more > 0 ? [...shown, { ...last, sentence: `${plural(more, "more row")} ${rest}` }] : shown;
};

/** The mapping's rows, as look-up reads them, against the classes and functions that there are. */
export const checkMapping: Check = async (doctorContext) => {
  const { settings } = doctorContext;
  if (settings === undefined) return [];
  const { jobs, flaws } = readMapping(await rowsOf(doctorContext), settings);
  const [problems, warnings] = [
    flaws.filter(({ kind }) => kind !== "odd"),
    flaws.filter(({ kind }) => kind === "odd"),
  ];
  const found = [
    ...shortened(problems.map(flawFinding), "cannot be used"),
    ...shortened(warnings.map(flawFinding), "deserve a second look"),
  ];
  return problems.length > 0 ? found : [ok(AREA, `${plural(jobs.length, "row")} can be used`), ...found];
};

/** A function of another account is a flaw of its row, and not ours to look at. */
const isHere = (arn: string, settings: RoutingSettings | undefined): boolean =>
  functionArnProblem(arn, settings?.home) === undefined;

/** The functions that the mapping and the default runner name. */
export const checkFunctions: Check = async (doctorContext) => {
  const { settings } = doctorContext;
  const { jobs } = readMapping(await rowsOf(doctorContext));
  const naming = new Map<string, string[]>();
  const add = (arn: string, by: string) => naming.set(arn, [...(naming.get(arn) ?? []), by]);
  if (settings?.defaultRunnerArn !== undefined) add(settings.defaultRunnerArn, "DefaultRunnerArn");
  for (const { job, row } of jobs) {
    const arn = job.functionArn;
    if (arn !== undefined && isHere(arn, settings)) add(arn, `the row ${rowName(row)}`);
  }
  const found: DoctorFinding[] = [];
  for (const [arn, by] of naming) found.push(...(await functionFindings(doctorContext, arn, by)));
  return found;
};
