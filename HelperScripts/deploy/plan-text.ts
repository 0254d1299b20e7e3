import { PRICES_AS_OF, PRICES_REGION } from "../../Core/pricing/prices";
import { safe } from "../../Core/safe-text";
import { table } from "../console/table";
import { dollars, plural } from "../console/words";
import type { ServedOwner } from "../gitlab/served-owners";
import type { RunnerImage } from "../stacks/runner-image";
import type { DeployAnswers } from "./answers/answers";
import type { DeployPlan } from "./deploy-plan";
import type { DeployOrder } from "./questions";

const ofInfrastructure = ({ network }: DeployAnswers): string => {
  const ofNetwork =
    typeof network === "object" ? `a security group in your network ${network.vpcId}` : "network";
  return `the webhook's address, event bus, ${ofNetwork}, image repository, alarm topic`;
};

const ofAutoScaler = ({ network }: DeployAnswers): string => {
  const where = typeof network === "object" && network.functionsInVpc ? " in your network" : "";
  return `what starts and ends runners: functions${where}, workflows, tables, launch templates`;
};

/** AWS builds the images; what a snapshot takes is not known before. */
const ofMicroVms = ({ microVm }: DeployAnswers): string => {
  const sizes = microVm === undefined ? "" : ` of ${microVm.join(", ")} MiB`;
  return `images of Lambda MicroVMs${sizes}, which AWS builds in minutes; each about 0.15 USD a month. Never tried on AWS`;
};

const imageText = (image: RunnerImage, isThere: boolean): string => {
  if (image.kind === "pushed") return `the Lambda runner, by the image ${image.uri}`;
  if (image.kind === "build") return `the Lambda runner; its image is built here for ${image.architecture}`;
  return isThere ? "stays as it is: there is no Docker here to build its image" : "";
};

/** What the lack of Docker means. */
export const noDockerText = [
  "There is no Docker (or Finch) here that runs, so the Lambda runner's image cannot be built. Without it all jobs get EC2",
  "runners, which take half a minute to start, on a plain image up to three minutes more. To have it: start Docker, or give",
  "an image that is pushed already (--image-uri); deploying again then adds it.",
].join("\n");

const stackRows = (
  { names, answers }: DeployOrder,
  { stacks, image, hasMicroVms }: DeployPlan,
): readonly (readonly string[])[] => {
  const verb = (name: string): string => (stacks.has(name) ? "update" : "create");
  const ofRunner = imageText(image, stacks.has(names.lambdaShellRunner));
  const isKept = image.kind === "none";
  return [
    [verb(names.infrastructure), names.infrastructure, ofInfrastructure(answers)],
    ...(ofRunner === ""
      ? []
      : [[isKept ? "keep" : verb(names.lambdaShellRunner), names.lambdaShellRunner, ofRunner]]),
    ...(hasMicroVms ? [[verb(names.microVmRunner), names.microVmRunner, ofMicroVms(answers)]] : []),
    [verb(names.autoScaler), names.autoScaler, ofAutoScaler(answers)],
  ];
};

const ownerText = ({ kind, path, id }: ServedOwner): string => `${kind} ${path || id}`;

const gitLabLines = ({ account }: DeployOrder, { rights }: DeployPlan): readonly string[] => {
  const { owners, byProject, refused } = rights;
  const list = (some: readonly ServedOwner[]): string => some.map(ownerText).map(safe).join(", ");
  return [
    `In GitLab (${account.url}): ${owners.length === 0 ? "no webhook is made" : `a webhook for job events on ${list(owners)}`}.`,
    ...byProject.map(
      (owner) =>
        `${safe(ownerText(owner))} has no webhooks of its own (they take GitLab Premium): its projects get them. Deploy again for projects that are added later.`,
    ),
    ...(refused.length === 0
      ? []
      : [
          `This token may not make a webhook on ${list(refused)}: that takes scope api and the role Maintainer (of a group: Owner). Set GITLAB_SETUP_TOKEN, which is used and not stored, and deploy again, or make it yourself as said at the end.`,
        ]),
  ];
};

const costText = ({ console }: DeployOrder["context"], { costs }: DeployPlan, region: string): string => {
  const sum = (pick: "cost" | "costBeyondFree"): number =>
    costs.reduce((total, each) => total + each[pick], 0);
  const rows = costs.map(({ unit, count, price, cost, costBeyondFree }) => [
    `${Number(count.toPrecision(3))} ${unit}`,
    `${dollars(price)} each`,
    dollars(cost),
    dollars(costBeyondFree),
  ]);
  const total = ["Together", "", dollars(sum("cost")), dollars(sum("costBeyondFree"))];
  const elsewhere = region === PRICES_REGION ? "" : `; ${region} differs a little`;
  return [
    `At rest, in USD a month (prices of ${PRICES_REGION}, ${PRICES_AS_OF}${elsewhere}; computed, not measured):`,
    table(console, ["", "", "at most", "free parts taken off"], [...rows, total]),
    "Jobs cost beyond that what their runners cost. The README has examples.",
  ].join("\n");
};

const certificateText = ({ answers: { caCertificate } }: DeployOrder): string => {
  if (caCertificate === undefined) return "";
  return caCertificate === "none"
    ? " The certificate of GitLab's authority, if one is stored, is removed."
    : " The certificate of GitLab's authority goes there too.";
};

/** What will be made and what it costs, before anybody is asked. */
export const planText = (order: DeployOrder, plan: DeployPlan): string => {
  const { context, home, account } = order;
  const { region = "" } = home;
  const where = plan.account === undefined ? region : `${region}, account ${plan.account}`;
  const profile = home.profile === undefined ? "" : `, profile ${safe(home.profile)}`;
  const hasFunction = plan.stacks.has(order.names.lambdaShellRunner);
  return [
    `In AWS (${where}${profile}), ${plural(plan.hasMicroVms ? 4 : 3, "CloudFormation stack")} at most:`,
    table(context.console, [], stackRows(order, plan)),
    ...(plan.image.kind === "none" && !hasFunction ? [noDockerText] : []),
    `In Parameter Store, under ${order.names.configurationPath}: ${account.url}, the access token and the webhook's secret, encrypted.${certificateText(order)}`,
    ...gitLabLines(order, plan),
    costText(context, plan, region),
  ].join("\n\n");
};
