import { GetFunctionCommand, type GetFunctionCommandOutput } from "@aws-sdk/client-lambda";
import { classOfRow } from "../../Core/class-resolution";
import { ROLE_TAG, STACK_TAG } from "../../Core/configuration";
import { classRowKey } from "../../Core/mapping-keys";
import { isBad, type JobRow, parseJobRow, rowName } from "../../Core/mapping-row";
import type { StoredRow } from "../../Core/mapping-state";
import type { RoutingSettings } from "../../Core/routing-settings";
import { plural } from "../console/words";
import { output } from "../deployment";
import { isNamed } from "../failures";
import { MappingTable } from "../mapping/mapping-table";
import { isClassRow } from "../mapping/row-kinds";
import { storedRows } from "../mapping/stored-rows";
import { type Check, type DoctorFinding, ok, type Patient, problem, warning } from "./finding";

const AREA = "mapping";
const FUNCTION = "function";
const MOST_SHOWN = 10;
const MEND = "Correct it in the document, then: npm run runners -- mapping upload FILE";

const rowsOf = (patient: Patient): Promise<readonly StoredRow[]> => {
  const { context, autoScaler } = patient;
  const name = output(autoScaler, "MappingTableName");
  return storedRows(new MappingTable(context.clients.dynamoDb(), name, context.sleep));
};

const rowProblem = (
  row: StoredRow,
  classRows: ReadonlyMap<string, StoredRow>,
  settings: RoutingSettings,
): string | undefined => {
  const job = parseJobRow(row, settings.home);
  if (isBad(job)) return job.problem;
  const key = classRowKey(job.className ?? "");
  const resolved = classOfRow(job, classRows.get(key), settings);
  return isBad(resolved) ? resolved.problem : undefined;
};

const hookProblem = (answer: GetFunctionCommandOutput, patient: Patient): string | undefined => {
  const tags = answer.Tags ?? {};
  const deploymentId = patient.autoScaler.outputs.get("DeploymentId");
  if (tags[ROLE_TAG] !== "runner") return `lacks the tag ${ROLE_TAG}=runner`;
  return tags[STACK_TAG] === deploymentId ? undefined : `lacks the tag ${STACK_TAG}=${deploymentId}`;
};

const functionFindings = async (patient: Patient, arn: string): Promise<readonly DoctorFinding[]> => {
  const answer = await patient.context.clients
    .lambda()
    .send(new GetFunctionCommand({ FunctionName: arn }))
    .catch((error: unknown) => {
      if (isNamed(error, "ResourceNotFoundException")) return undefined;
      throw error;
    });
  if (answer === undefined)
    return [problem(FUNCTION, `There is no function ${arn}`, `Deploy it, or: ${MEND}`)];
  const tagProblem = hookProblem(answer, patient);
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
  const lifetime = patient.settings?.defaults.LAMBDA.lifetimeSeconds ?? 0;
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

/** The mapping's rows against the classes and functions that there are. */
export const checkMapping: Check = async (patient) => {
  const { settings } = patient;
  if (settings === undefined) return [];
  const rows = await rowsOf(patient);
  const classRows = new Map(rows.filter(isClassRow).map((row) => [row.pk, row]));
  const jobs = rows.filter((row) => !isClassRow(row));
  const bad = jobs.flatMap((row) => {
    const found = rowProblem(row, classRows, settings);
    return found ? [problem(AREA, `The row ${rowName(row)} ${found}`, MEND)] : [];
  });
  const more = bad.length - MOST_SHOWN;
  const shown = bad.slice(0, MOST_SHOWN);
  const rest = more > 0 ? [problem(AREA, `${plural(more, "more row")} cannot be used`, MEND)] : [];
  return bad.length > 0 ? [...shown, ...rest] : [ok(AREA, `${plural(jobs.length, "row")} can be used`)];
};

/** The functions that the mapping and the default runner name. */
export const checkFunctions: Check = async (patient) => {
  const { settings } = patient;
  const rows = (await rowsOf(patient)).map((row) => parseJobRow(row, settings?.home));
  const arns = rows.flatMap((row) => (isBad(row) ? [] : ((row as JobRow).functionArn ?? [])));
  const named = settings?.defaultRunnerArn === undefined ? arns : [settings.defaultRunnerArn, ...arns];
  const found: DoctorFinding[] = [];
  for (const arn of new Set(named)) found.push(...(await functionFindings(patient, arn)));
  return found;
};
