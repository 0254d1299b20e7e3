import { isSettingsRow } from "../../../Core/routing/mapping-reading";
import type { ServedProject } from "../../../Core/routing/served-projects";
import { safe } from "../../../Core/safe-text";
import { OperatorConfiguration } from "../../configuration";
import { duration } from "../../console/words";
import { agreed, type Context, type ExitCode, show, UsageError } from "../../context";
import { checkProjects, checkRegion, type DeployAnswers } from "../../deploy/answers/answers";
import { keptAnswers } from "../../deploy/answers/kept-answers";
import { awsDefaults } from "../../deploy/aws-home";
import { DEFAULT_NAME, type DeploymentNames, deploymentNames } from "../../deploy/names";
import { findDeployment } from "../../deployment";
import { deployedRows } from "../../mapping/stored-rows";
import { deleteStack, stackState } from "../../stacks/stack-state";
import { stoppable } from "../../stacks/stoppable";
import { deleteKept, deleteParameters, findKept, type KeptResources } from "../../undeploy/kept";
import { findOwnWebhooks, type OwnWebhooks, removeWebhook } from "../../undeploy/webhooks";
import { Stopped } from "../../verify/verify-context";
import { leftText, waitUntilDrained } from "../starts";

export interface UndeployOptions extends Pick<DeployAnswers, "region" | "profile"> {
  readonly name?: string;
  readonly all?: boolean;
  readonly timeoutMinutes: number;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** What is to be removed, and with which clients. */
interface Removal {
  readonly context: Context;
  readonly names: DeploymentNames;
  readonly answers: Partial<DeployAnswers>;
  readonly region: string;
  readonly options: UndeployOptions;
}

const removalOf = (outer: Context, options: UndeployOptions): Removal => {
  if (options.yes && options.name === undefined)
    throw new UsageError("With --yes give the deployment's name: --name NAME");
  const names = deploymentNames(options.name ?? DEFAULT_NAME);
  const answers = keptAnswers(outer, names.name);
  const profile = options.profile ?? answers.profile;
  const region = checkRegion(options.region ?? answers.region ?? awsDefaults(outer).regionOf(profile));
  const home = { region, ...(profile === undefined ? {} : { profile }) };
  return { context: { ...outer, clients: outer.clientsIn(home) }, names, answers, region, options };
};

/** By the answers, and by the settings of the mapping, which may have grown since. */
const servedOf = async ({ context, names, answers }: Removal): Promise<readonly ServedProject[]> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), names.autoScaler).catch(
    () => undefined,
  );
  const rows = deployment === undefined ? [] : await deployedRows(context, deployment).catch(() => []);
  const stored = rows.find(isSettingsRow)?.projects;
  return [...new Set([...(answers.projects ?? []), ...(Array.isArray(stored) ? checkProjects(stored) : [])])];
};

const ownWebhooks = async (removal: Removal): Promise<OwnWebhooks> => {
  const { context, names } = removal;
  const client = context.clients.cloudFormation();
  if ((await stackState(client, names.infrastructure)) === undefined) return { webhooks: [], unseen: [] };
  const configuration = new OperatorConfiguration(context, names.configurationPath);
  const stored = await configuration.read(["url", "accessToken"]);
  const infrastructure = await findDeployment(client, names.infrastructure);
  return findOwnWebhooks(context, stored, infrastructure, await servedOf(removal));
};

const isConfirmed = async ({ context, names, options }: Removal, kept: KeptResources): Promise<boolean> => {
  if (!(await agreed(context, options.yes, "Remove this?"))) return false;
  if (!options.all || options.yes) return true;
  const all = [...kept.tables, ...kept.parameters, ...kept.images, ...kept.buckets];
  const what = `Tables, secrets, images and caches are deleted too (${all.map(safe).join(", ") || "none yet"}), and cannot be had back. Type the deployment's name`;
  return (await context.console.ask(what)) === names.name;
};

/** @returns how many are left */
const removeWebhooks = async (
  { context }: Removal,
  { webhooks, unseen, gitLab }: OwnWebhooks,
): Promise<number> => {
  let left = 0;
  for (const webhook of gitLab ? webhooks : []) {
    const isGone = gitLab !== undefined && (await removeWebhook(gitLab, webhook));
    const { kind, path, id } = webhook.owner;
    context.console.err(
      `  ${isGone ? "removed" : "could not be removed, do it by hand"}: the webhook of ${kind} ${safe(path || String(id))}`,
    );
    if (!isGone) left += 1;
  }
  if (unseen.length > 0) {
    context.console.err(
      `  The webhooks of ${unseen.map(safe).join(", ")} could not be looked at: give GITLAB_SETUP_TOKEN (scope api), or remove them by hand. They send to an address that is gone.`,
    );
  }
  return left;
};

const STARTS = "/Starts";

/** The last one deployed first. */
const stacksOf = (names: DeploymentNames): readonly string[] => [
  names.autoScaler,
  names.microVmRunner,
  names.lambdaShellRunner,
  names.infrastructure,
];

const removeStacks = async ({ context, names }: Removal): Promise<void> => {
  for (const name of stacksOf(names)) {
    if ((await stackState(context.clients.cloudFormation(), name)) === undefined) continue;
    const since = context.now();
    await deleteStack(context, name);
    if (context.console.isTerminal) context.console.replaceLine("");
    context.console.err(`  ${name}: deleted in ${duration(context.now() - since)}`);
  }
  // A deployment of the same name would otherwise begin with its starts paused.
  await deleteParameters(context, [`${names.configurationPath}${STARTS}`]);
};

const planLines = (removal: Removal, stacks: readonly string[], { webhooks }: OwnWebhooks): string => {
  const { names, region, options } = removal;
  const paths = webhooks.map(({ owner }) => `${owner.kind} ${owner.path || owner.id}`);
  return [
    `In ${region}: the stacks ${stacks.join(", ") || "(none is there)"}, after all jobs that run have ended.`,
    ...(paths.length > 0 ? [`In GitLab: the webhooks of ${paths.map(safe).join(", ")}.`] : []),
    options.all
      ? `Also the tables of mapping and ledger, images of EC2 runners, the bucket of caches with all that is in it, and all secrets under ${names.configurationPath}.`
      : `Kept: the tables of mapping and ledger, images of EC2 runners, the bucket of caches, and the secrets under ${names.configurationPath}. (--all deletes them too.)`,
  ].join("\n");
};

const keptText = (
  { names, options }: Removal,
  { tables, parameters, images, buckets }: KeptResources,
): string => {
  const bucket =
    "SAM's bucket with uploaded code (stack aws-sam-cli-managed-default) stays: other applications use it too.";
  const all = `npm run undeploy -- --name ${names.name} --all`;
  const kept = [
    ...tables.map((name) => `table ${name}`),
    ...parameters.map((name) => `parameter ${name}`),
    ...images.map((id) => `image ${id}`),
    ...buckets.map((name) => `bucket ${name}, which empties itself of caches within two weeks`),
  ];
  if (kept.length === 0) return `Nothing of ${names.name} is left. ${bucket}`;
  const remedy = options.all ? "" : `\nTo delete these too: ${all}`;
  return `Kept:\n${kept.map((each) => `  ${safe(each)}`).join("\n")}${remedy}\n${bucket}`;
};

const isDrained = async ({ context, names, options }: Removal): Promise<boolean> => {
  const state = await stackState(context.clients.cloudFormation(), names.autoScaler);
  // Its creation or deletion has begun and not ended: nothing of it starts runners.
  if (state === undefined || /^(ROLLBACK|DELETE|CREATE_FAILED|REVIEW)/.test(state.status)) return true;
  const { timeoutMinutes } = options;
  const drained = await waitUntilDrained(context, { stackName: names.autoScaler, timeoutMinutes });
  if (!drained.isDrained)
    context.console.err(leftText(drained, { stackName: names.autoScaler, timeoutMinutes }));
  return drained.isDrained;
};

/** All that is removed, once the user has agreed. */
const remove = async (
  removal: Removal,
  stacks: readonly string[],
  webhooks: OwnWebhooks,
): Promise<ExitCode> => {
  const { context, names, options } = removal;
  if (!(await isDrained(removal))) return 1;
  const left = (await removeWebhooks(removal, webhooks)) + webhooks.unseen.length;
  await removeStacks(removal);
  if (options.all) await deleteKept(context, names);
  const kept = await findKept(context, names);
  const result = { name: names.name, removedStacks: stacks, webhooksLeft: left, kept };
  show(context, options, result, keptText(removal, kept));
  return left === 0 ? 0 : 1;
};

/** `undeploy`: drains a deployment and removes it; tables and secrets stay unless `--all`. */
export const undeploy = async (outer: Context, options: UndeployOptions): Promise<ExitCode> => {
  const removal = removalOf(outer, options);
  const { context, names } = removal;
  const stacks: string[] = [];
  for (const name of stacksOf(names))
    if (await stackState(context.clients.cloudFormation(), name)) stacks.push(name);
  const webhooks = await ownWebhooks(removal);
  context.console.err(planLines(removal, stacks, webhooks));
  if (!(await isConfirmed(removal, await findKept(context, names)))) {
    context.console.err("Nothing was removed.");
    return 1;
  }
  try {
    return await stoppable(context, (inner) => remove({ ...removal, context: inner }, stacks, webhooks));
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (outer.console.isTerminal) outer.console.replaceLine("");
    outer.console.err("Stopped. Give the same command again: it goes on from there.");
    return 1;
  }
};
