import { defined } from "../../../Core/defined";
import { ConfigurationError } from "../../../Core/errors";
import type { Provider } from "../../../Core/model/runner-class";
import { safe } from "../../../Core/safe-text";
import { OperatorConfiguration } from "../../configuration";
import { duration } from "../../console/words";
import { type Context, type ExitCode, show, UsageError } from "../../context";
import { ciLines } from "../../deploy/after-text";
import { type DeployOptions, givenAnswers } from "../../deploy/answers/given-answers";
import { keepAnswers } from "../../deploy/answers/kept-answers";
import { connectGitLab } from "../../deploy/connect-gitlab";
import { type DeployPlan, planDeployment } from "../../deploy/deploy-plan";
import { storeFirstMapping } from "../../deploy/first-mapping";
import { planText } from "../../deploy/plan-text";
import { type DeployOrder, deployOrder } from "../../deploy/questions";
import { runTestJob, type TestJobResult, testJobText, testProject } from "../../deploy/test-job";
import type { DoctorFinding } from "../../doctor/finding";
import { accountWrites, carryOutWrites } from "../../gitlab/configuration-plan";
import { networkWrites } from "../../gitlab/network-writes";
import type { ServedOwner } from "../../gitlab/served-owners";
import { buildStacks } from "../../stacks/build-stacks";
import { type DeployedStacks, deployStacks } from "../../stacks/deploy-stacks";
import { findSam } from "../../stacks/sam";
import { stoppable } from "../../stacks/stoppable";
import { Stopped } from "../../verify/verify-context";
import { diagnose, diagnosisText, isHealthy } from "../doctor";

/** What the user agreed to. */
interface Consent {
  readonly testIn?: ServedOwner | undefined;
}

const YES = ["yes", "y", "test"];

/** The last question; it also decides about the test job, which is the rest's reason. */
const consent = async (
  order: DeployOrder,
  { rights }: DeployPlan,
  options: DeployOptions,
): Promise<Consent | undefined> => {
  const { console } = order.context;
  const project =
    rights.refused.length === 0 && options.testJob !== false ? await testProject(order) : undefined;
  if (options.testJob && project === undefined)
    console.err("There will be no test job: no project is named, or the token may make nothing in it.");
  if (options.yes) return options.testJob ? { testIn: project } : {};
  if (!console.isInteractive) throw new UsageError("Nobody is there to ask: give --yes to go on");
  if (project === undefined || options.testJob)
    return (await console.confirm("Deploy?")) ? { testIn: project } : undefined;
  const name = safe(project.path || String(project.id));
  const answer = await console.ask(
    `Deploy? yes, no, or test: yes, and then run one test job in ${name}`,
    "test",
  );
  if (!YES.includes(answer.trim().toLowerCase())) return undefined;
  return answer.trim().toLowerCase() === "test" ? { testIn: project } : {};
};

const refuseBlindly = ({ rights }: DeployPlan, { yes }: DeployOptions): void => {
  if (!yes || rights.refused.length === 0) return;
  const paths = rights.refused.map(({ path, id }) => path || id).join(", ");
  throw new ConfigurationError(
    `setupToken: the token may not make a webhook on ${paths}. Give one of scope api and the role Maintainer (of a group: Owner) as setupToken or GITLAB_SETUP_TOKEN: it is used and not stored. Nothing was made`,
  );
};

const MAPPING_TEXT = {
  first:
    "Mapping: a first one is stored. Jobs without tags get the default runner, those with tags such as aws:ec2 what they ask for. Jobs with other tags are left alone until a row names them: a tag such as gpu may be meant for other runners (unmappedJobs is UNTAGGED).",
  "projects-added": "Mapping: the projects were added to those that its settings serve.",
  "as-it-was": "Mapping: the stored one stays as it is.",
} as const;

/** Secrets first: an interrupted run need not be told them again. */
const storeAccount = async ({ context, names, account, answers }: DeployOrder): Promise<void> => {
  const configuration = new OperatorConfiguration(context, names.configurationPath);
  const { caCertificate } = answers;
  await carryOutWrites(configuration, [
    ...(await accountWrites(configuration, account)),
    ...(await networkWrites(context, configuration, defined({ caCertificate }))),
  ]);
};

const deployAll = async (order: DeployOrder, plan: DeployPlan): Promise<DeployedStacks> => {
  const { context, home, names, answers } = order;
  await storeAccount(order);
  const at = { context, sam: await findSam(context, home) };
  const templates = await buildStacks(at, names.name, plan.image, plan.hasMicroVms);
  return deployStacks(at, { names, answers, image: plan.image, templates });
};

interface DeployResult {
  readonly stacks: DeployedStacks;
  readonly webhookUrl: string;
  readonly isWhole: boolean;
  readonly findings: readonly DoctorFinding[];
  readonly testJob?: TestJobResult;
}

const json = ({ names, home }: DeployOrder, { stacks, webhookUrl, findings, testJob }: DeployResult) => ({
  name: names.name,
  region: home.region,
  configurationPath: names.configurationPath,
  autoScalerStack: names.autoScaler,
  changedStacks: stacks.changed,
  webhookUrl,
  healthy: isHealthy(findings),
  findings,
  ...(testJob ? { testJob } : {}),
});

const testJobOf = async (
  order: DeployOrder,
  provider: Provider,
  { testIn }: Consent,
): Promise<TestJobResult | undefined> => {
  if (testIn === undefined) return undefined;
  const { console } = order.context;
  console.err(`Running one test job in ${safe(testIn.path || String(testIn.id))} …`);
  try {
    const result = await runTestJob(order, testIn, provider);
    console.err(testJobText(result));
    return result;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.err(`There was no test job: ${safe(error.message)}`);
    return { jobId: 0, status: "not made" };
  }
};

const tellStarts = async ({ context, names }: DeployOrder): Promise<void> => {
  if (await new OperatorConfiguration(context, names.configurationPath).startsAreOn()) return;
  context.console.err("New starts are paused, so jobs are queued until: npx runners resume");
};

/** The stack's name, where the other commands do not know it by themselves. */
const stackOption = ({ names }: DeployOrder): string =>
  names.configurationPath === "/gitlabrunner" ? "" : ` --stack-name ${names.autoScaler}`;

/** All that is made, once the user has agreed. */
const make = async (
  order: DeployOrder,
  plan: DeployPlan,
  agreement: Consent,
  options: DeployOptions,
): Promise<ExitCode> => {
  const { context, names, answers } = order;
  const hasLambdaRunner = plan.image.kind !== "none" || plan.stacks.has(names.lambdaShellRunner);
  const provider = hasLambdaRunner ? "LAMBDA" : "EC2";
  const since = context.now();
  keepAnswers(context, answers);
  const stacks = await deployAll(order, plan);
  const connected = await connectGitLab(order, plan, stacks);
  const mapping = await storeFirstMapping(context, stacks.autoScaler, answers.projects ?? []);
  context.console.err(`${MAPPING_TEXT[mapping]}\nDeployed in ${duration(context.now() - since)}.`);
  await tellStarts(order);
  const findings = await diagnose(context, { stackName: names.autoScaler });
  const testJob = await testJobOf(order, provider, agreement);
  const result: DeployResult = { ...connected, stacks, findings, ...(testJob ? { testJob } : {}) };
  const next = [
    ...(connected.byHand === undefined ? [] : [connected.byHand]),
    ...(testJob === undefined ? [ciLines(provider)] : []),
    `Look again at any time: npx runners doctor${stackOption(order)}`,
  ];
  show(context, options, json(order, result), [diagnosisText(context, findings), ...next].join("\n\n"));
  const isTestGood = testJob === undefined || testJob.status === "success";
  return result.isWhole && isHealthy(findings) && isTestGood ? 0 : 1;
};

/**
 * `deploy`: makes or updates a whole deployment, by questions or by a document of answers. Whatever stops it, the next
 * run goes on.
 */
export const deploy = async (outer: Context, options: DeployOptions): Promise<ExitCode> => {
  const isSilent = options.yes === true || options.answers !== undefined;
  const order = await deployOrder(outer, { given: givenAnswers(outer, options), isSilent });
  const { console } = order.context;
  const plan = await planDeployment(order);
  console.err(planText(order, plan));
  refuseBlindly(plan, options);
  const agreement = await consent(order, plan, options);
  if (agreement === undefined) {
    console.err("Nothing was made.");
    return 1;
  }
  try {
    return await stoppable(order.context, (context) => make({ ...order, context }, plan, agreement, options));
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (console.isTerminal) console.replaceLine("");
    console.err(
      "Stopped. What CloudFormation has begun, it ends by itself. Give the same command again: it goes on from there.",
    );
    return 1;
  }
};
