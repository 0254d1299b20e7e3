import { defined } from "../../Core/defined";
import type { ServedProject } from "../../Core/routing/served-projects";
import { OperatorConfiguration } from "../configuration";
import { type AwsHome, type Context, UsageError } from "../context";
import { checkAccessToken, type GitLabAccount } from "../gitlab/configuration-plan";
import { readCertificate } from "../gitlab/network-writes";
import { operatorGitLab } from "../gitlab/operator-gitlab";
import { findOwners, type ServedOwner } from "../gitlab/served-owners";
import {
  checkEmail,
  checkImageRegion,
  checkProjects,
  checkUrl,
  type DeployAnswers,
  type GivenAnswers,
} from "./answers/answers";
import { keptAnswers } from "./answers/kept-answers";
import { checkMicroVmRegion } from "./answers/microvm-answer";
import { askUntil } from "./ask";
import { homeOf } from "./ask-home";
import { DEFAULT_NAME, type DeploymentNames, deploymentNames } from "./names";

/** All that is known before anything is made. */
export interface DeployOrder {
  /** Whose clients work where the deployment is to be. */
  readonly context: Context;
  readonly home: AwsHome;
  readonly names: DeploymentNames;
  readonly answers: DeployAnswers;
  readonly account: GitLabAccount;
  /** Whom `projects` names. */
  readonly owners: readonly ServedOwner[];
}

/** What the command line gives beside the answers. */
export interface AnswerSources {
  readonly given: GivenAnswers;
  /** Nothing is asked: what is missing is a misuse. */
  readonly isSilent: boolean;
}

const ANY = "any";
const NONE = "none";

const askName = (context: Context): Promise<string> =>
  askUntil(
    context,
    () => context.console.ask("Name of the deployment", DEFAULT_NAME),
    (name) => deploymentNames(name || DEFAULT_NAME).name,
  );

const silentAccount = (
  known: Partial<DeployAnswers>,
  given: GivenAnswers,
  storedToken: string | undefined,
): GitLabAccount => {
  const accessToken = given.accessToken ?? storedToken;
  if (known.gitlabUrl === undefined)
    throw new UsageError('gitlabUrl is missing: give it in the answers, e.g. "https://gitlab.example.com"');
  if (accessToken === undefined) {
    throw new UsageError(
      "accessToken is missing: give it in the answers or as GITLAB_ACCESS_TOKEN (scopes create_runner, manage_runner, read_api)",
    );
  }
  return { url: known.gitlabUrl, accessToken, setupToken: given.setupToken };
};

/** Address and token are asked for together: which of them is wrong cannot always be told. */
const askAccount = async (
  context: Context,
  known: Partial<DeployAnswers>,
  given: GivenAnswers,
  storedToken: string | undefined,
): Promise<GitLabAccount> => {
  const { console } = context;
  const hint =
    storedToken === undefined ? "create_runner, manage_runner, read_api" : "nothing: keep the stored one";
  const askToken = async (): Promise<string> =>
    given.accessToken ??
    ((await console.askSecret(`GitLab's access token (${hint})`)).trim() || storedToken || "");
  return askUntil(
    context,
    () => console.ask("GitLab's address", known.gitlabUrl ?? "https://gitlab.com"),
    async (answer) => {
      const url = checkUrl(answer || known.gitlabUrl);
      const account = { url, accessToken: await askToken(), setupToken: given.setupToken };
      if (account.accessToken === "")
        throw new UsageError("without an access token there is nothing to deploy");
      await checkAccessToken(context, account);
      return account;
    },
  );
};

const listOfProjects = (answer: string): readonly ServedProject[] =>
  answer === ANY || answer === "" ? [] : checkProjects(answer.split(",").map((each) => each.trim()));

const askProjects = (
  context: Context,
  account: GitLabAccount,
  known: readonly ServedProject[],
): Promise<{ readonly projects: readonly ServedProject[]; readonly owners: readonly ServedOwner[] }> =>
  askUntil(
    context,
    () =>
      context.console.ask(
        `Projects and groups to serve, e.g. 42, group/app, group/* (${ANY}: you make webhooks yourself)`,
        known.join(", ") || ANY,
      ),
    async (answer) => {
      const projects = listOfProjects(answer);
      return { projects, owners: await ownersOf(context, account, projects) };
    },
  );

const ownersOf = (
  { fetch }: Context,
  { url, accessToken, setupToken }: GitLabAccount,
  projects: readonly ServedProject[],
): Promise<readonly ServedOwner[]> =>
  findOwners(operatorGitLab(fetch, url, setupToken ?? accessToken), projects);

const askEmail = (context: Context, known: string | undefined): Promise<string> =>
  askUntil(
    context,
    () => context.console.ask(`E-mail address for alarms (${NONE}: no e-mail)`, known || NONE),
    (answer) => checkEmail(answer === NONE ? "" : answer),
  );

const storedTokenOf = async (
  context: Context,
  { configurationPath }: DeploymentNames,
): Promise<string | undefined> =>
  (await new OperatorConfiguration(context, configurationPath).read(["accessToken"])).accessToken?.value;

/** A file's text is what is kept: the next run may be elsewhere. */
const certificateOf = (context: Context, answer: string | undefined): string | undefined =>
  answer === undefined || answer === NONE ? answer : readCertificate(context, answer, "caCertificate");

/**
 * Finds out what is to be deployed: from what was given, from what an earlier run was answered, from the environment,
 * and by questions, each with what is known as its default. Changes nothing.
 *
 * @throws UsageError, ConfigurationError
 */
export const deployOrder = async (
  outer: Context,
  { given, isSilent }: AnswerSources,
): Promise<DeployOrder> => {
  if (!isSilent && !outer.console.isInteractive)
    throw new UsageError(
      "Nobody is there to ask: give --answers FILE --yes, or --yes to deploy as the last time",
    );
  const name = given.answers.name ?? (isSilent ? DEFAULT_NAME : await askName(outer));
  const names = deploymentNames(name);
  const known = { ...keptAnswers(outer, name), ...given.answers };
  const home = await homeOf(outer, known, isSilent);
  const context = { ...outer, clients: outer.clientsIn(home) };
  const storedToken = await storedTokenOf(context, names);
  const rest = async () => {
    if (!isSilent) {
      const account = await askAccount(context, known, given, storedToken);
      const { projects, owners } = await askProjects(context, account, known.projects ?? []);
      return { account, projects, owners, alarmEmail: await askEmail(context, known.alarmEmail) };
    }
    const account = silentAccount(known, given, storedToken);
    await checkAccessToken(context, account);
    const { projects = [], alarmEmail } = known;
    return { account, projects, owners: await ownersOf(context, account, projects), alarmEmail };
  };
  const caCertificate = certificateOf(outer, known.caCertificate);
  const { account, projects, owners, alarmEmail } = await rest();
  const answers = {
    name,
    ...home,
    gitlabUrl: account.url,
    projects,
    ...defined({
      alarmEmail,
      runbookUrl: known.runbookUrl,
      imageUri: known.imageUri,
      caCertificate,
      network: known.network,
      microVm: known.microVm,
    }),
  };
  checkImageRegion(answers);
  checkMicroVmRegion(answers);
  return { context, home, names, answers, account, owners };
};
