import { ConfigurationError } from "../../Core/errors";
import { parseFunctionArn } from "../../Core/routing/function-arn";
import { CHECKED_TOOLS } from "../../Core/runner-check";
import { safe } from "../../Core/safe-text";
import { table } from "../console/table";
import { duration } from "../console/words";
import { type CommonOptions, type Context, type ExitCode, show } from "../context";
import { type Deployment, findDeployment, routingSettings } from "../deployment";
import { type MappedFunction, mappedFunctions } from "../functions/mapped-functions";
import { checkRunnerFunction, type RunnerCheckResult } from "../functions/runner-check";
import { RUNNER_CHECK_REMEDIES } from "../functions/runner-check-codes";
import { deployedRows } from "../mapping/stored-rows";

/** The functions that jobs may get. */
export const functionsOf = async (
  context: Context,
  deployment: Deployment,
): Promise<readonly MappedFunction[]> => {
  const settings = await routingSettings(context.clients, deployment);
  return mappedFunctions(await deployedRows(context, deployment), settings);
};

const isMeant =
  (wanted: string) =>
  ({ arn, classes }: MappedFunction): boolean =>
    arn === wanted || parseFunctionArn(arn)?.name === wanted || classes.includes(wanted);

const wantedArns = async (
  context: Context,
  deployment: Deployment,
  wanted: string | undefined,
): Promise<readonly string[]> => {
  if (wanted !== undefined && parseFunctionArn(wanted) !== undefined) return [wanted];
  const functions = await functionsOf(context, deployment);
  const found = wanted === undefined ? functions : functions.filter(isMeant(wanted));
  if (found.length > 0) return found.map(({ arn }) => arn);
  throw new ConfigurationError(
    wanted === undefined
      ? "No function is mapped and DefaultRunnerArn is empty: no job gets a Lambda runner"
      : `Neither a mapped function nor a class of one is called ${wanted}: give the function's ARN, or look at mapping pull`,
  );
};

const cells = ({ functionArn, code, milliseconds, deployedFor, answer }: RunnerCheckResult) => [
  parseFunctionArn(functionArn)?.name ?? functionArn,
  code,
  answer?.architecture ?? deployedFor ?? "",
  ...CHECKED_TOOLS.map((tool) => answer?.versions[tool] ?? "–"),
  answer?.node ?? "–",
  milliseconds === undefined ? "" : duration(milliseconds),
];

const remedies = (results: readonly RunnerCheckResult[]): readonly string[] =>
  results.flatMap(({ functionArn, code, detail }) =>
    code === "ok"
      ? []
      : [
          `${parseFunctionArn(functionArn)?.name ?? functionArn}: ${detail ?? code}`,
          `→ ${RUNNER_CHECK_REMEDIES[code]}`,
        ],
  );

const HEADINGS = ["function", "", "processor", "gitlab-runner", "AWS CLI", "git", "node", "time"];

/** `check-runner`: asks Lambda runners what they are. Exit code 1 when one cannot run a job. */
export const checkRunner = async (
  context: Context,
  wanted: string | undefined,
  options: CommonOptions,
): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  const results: RunnerCheckResult[] = [];
  for (const arn of await wantedArns(context, deployment, wanted))
    results.push(await checkRunnerFunction(context, arn));
  if (context.console.isTerminal) context.console.replaceLine("");
  const lines = [table(context.console, HEADINGS, results.map(cells)), ...remedies(results).map(safe)];
  show(context, options, { functions: results }, lines.join("\n"));
  return results.every(({ code }) => code === "ok") ? 0 : 1;
};
