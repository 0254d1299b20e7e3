import { defined } from "../../../Core/defined";
import { checkGitLabUrl } from "../../../Core/gitlab/gitlab-url";
import { isServedPath, type ServedProject } from "../../../Core/routing/served-projects";
import { UsageError } from "../../context";
import { isFields } from "../../gitlab/json";
import { deploymentNames } from "../names";
import { checked, refuse } from "./checked-answer";
import { checkMicroVm, checkMicroVmRegion, type MicroVmAnswer } from "./microvm-answer";
import { checkNetwork, type NetworkAnswer } from "./network-answer";

/**
 * What a deployment is made by, and what is kept of it between runs: no secret.
 *
 * @example { "name": "gitlab-runners", "region": "eu-west-1", "gitlabUrl": "https://gitlab.com", "projects": [42, "group/*"] }
 */
export interface DeployAnswers {
  readonly name: string;
  readonly region?: string;
  readonly profile?: string;
  readonly gitlabUrl?: string;
  readonly projects?: readonly ServedProject[];
  /** Empty: nobody gets an e-mail. Absent: as it is deployed. */
  readonly alarmEmail?: string;
  /** Where the operators read docs/runbook.md. Absent: as it is deployed, at first as that path of the repository. */
  readonly runbookUrl?: string;
  /** An image that is pushed already, instead of one that is built here. */
  readonly imageUri?: string;
  /** The certificate of the authority that vouches for GitLab's, PEM, or a file of it; `none` removes the stored one. */
  readonly caCertificate?: string;
  /** Absent: as it is deployed. */
  readonly network?: NetworkAnswer;
  /** Sizes of MicroVMs. Absent: as it is deployed, at first none. */
  readonly microVm?: MicroVmAnswer;
}

/** Answers as a file or the environment gives them. */
export interface GivenAnswers {
  readonly answers: Partial<DeployAnswers>;
  readonly accessToken?: string;
  /** Scope `api`; for webhooks and test jobs. Never stored. */
  readonly setupToken?: string;
}

const REGION = /^[a-z]{2,3}(-[a-z]+)+-\d$/;
const EMAIL = /^[^\s"\\@]+@[^\s"\\@]+\.[^\s"\\@]+$/;
const IMAGE_URI =
  /^\d{12}\.dkr\.ecr\.(?<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?\/[a-z0-9._/-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$/;

export const checkRegion = checked("region", REGION, "give an AWS region, e.g. eu-west-1");
const checkProfile = checked("profile", /^[^\s"]+$/, "give the name of a profile in ~/.aws/config");
export const checkEmail = checked(
  "alarmEmail",
  new RegExp(`^$|${EMAIL.source}`),
  "give one e-mail address, e.g. operators@example.com, or leave it empty",
);
/** As Infrastructure's parameter takes it. */
const checkRunbookUrl = checked(
  "runbookUrl",
  /^(docs\/runbook\.md|https?:\/\/[A-Za-z0-9._~:/?@!$()*+,;=%-]{1,500})$/,
  "give the address of docs/runbook.md without a # part, e.g. https://gitlab.example.com/ops/runners/-/blob/main/docs/runbook.md",
);
const checkImageUri = checked(
  "imageUri",
  IMAGE_URI,
  "give the full address of an image in Amazon ECR with its tag or digest, e.g. 111122223333.dkr.ecr.eu-west-1.amazonaws.com/runner:1",
);
const checkCertificate = checked(
  "caCertificate",
  /^[^\0]+$/,
  "give the file of GitLab's certificate authority or its text in PEM form, or none to remove the stored one",
);

export const checkUrl = (value: unknown): string => {
  const remedy = "give GitLab's address, e.g. https://gitlab.example.com";
  if (typeof value !== "string") return refuse("gitlabUrl", value, remedy);
  try {
    return checkGitLabUrl(value);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Url |:.*$/g, "") : "";
    return refuse("gitlabUrl", value, `it ${why}. ${remedy.replace("give", "Give")}`);
  }
};

/** `"42"`, 42, `"group/app"` or `"group/*"`. */
const readProject = (value: unknown): ServedProject => {
  if (/^[1-9]\d{0,15}$/.test(String(value))) return Number(value);
  if (isServedPath(value)) return value;
  return refuse(
    "projects",
    value,
    'each is a project\'s id such as "42", its full path such as "group/app", or all of a group such as "group/*"',
  );
};

export const checkProjects = (value: unknown): readonly ServedProject[] =>
  Array.isArray(value)
    ? [...new Set(value.map(readProject))]
    : refuse("projects", value, 'give a list, e.g. ["42", "group/app", "group/*"]');

const checkToken = (field: string) => checked(field, /^[\x21-\x7e]+$/, "give the token as GitLab showed it");
// The value of a secret is never shown.
const checkSecret = (field: string) => (value: unknown) => {
  try {
    return checkToken(field)(value);
  } catch {
    throw new UsageError(`${field} is not a token: give it as GitLab showed it, without blanks`);
  }
};

const CHECKS = {
  name: (value: unknown) => deploymentNames(typeof value === "string" ? value : JSON.stringify(value)).name,
  region: checkRegion,
  profile: checkProfile,
  gitlabUrl: checkUrl,
  projects: checkProjects,
  alarmEmail: checkEmail,
  runbookUrl: checkRunbookUrl,
  imageUri: checkImageUri,
  caCertificate: checkCertificate,
  network: checkNetwork,
  microVm: checkMicroVm,
  accessToken: checkSecret("accessToken"),
  setupToken: checkSecret("setupToken"),
} as const;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`The answers are not valid JSON: ${error instanceof Error ? error.message : ""}`);
  }
};

/**
 * Reads a document of answers.
 *
 * @throws UsageError that names the first wrong field and its remedy
 */
export const readAnswers = (text: string): GivenAnswers => {
  const fields = parsed(text);
  if (!isFields(fields)) throw new UsageError('The answers must be one object: { "gitlabUrl": … }');
  const unknown = Object.keys(fields).find((field) => field !== "$schema" && !Object.hasOwn(CHECKS, field));
  // Its value may be a secret under a misspelt name.
  if (unknown !== undefined)
    throw new UsageError(
      `There is no field ${JSON.stringify(unknown)}. Known: ${Object.keys(CHECKS).join(", ")}`,
    );
  const read = <Value>(field: keyof typeof CHECKS, check: (value: unknown) => Value): Value | undefined =>
    Object.hasOwn(fields, field) ? check(fields[field]) : undefined;
  const answers = defined({
    name: read("name", CHECKS.name),
    region: read("region", CHECKS.region),
    profile: read("profile", CHECKS.profile),
    gitlabUrl: read("gitlabUrl", CHECKS.gitlabUrl),
    projects: read("projects", CHECKS.projects),
    alarmEmail: read("alarmEmail", CHECKS.alarmEmail),
    runbookUrl: read("runbookUrl", CHECKS.runbookUrl),
    imageUri: read("imageUri", CHECKS.imageUri),
    caCertificate: read("caCertificate", CHECKS.caCertificate),
    network: read("network", CHECKS.network),
    microVm: read("microVm", CHECKS.microVm),
  });
  checkImageRegion(answers);
  checkMicroVmRegion(answers);
  const accessToken = read("accessToken", CHECKS.accessToken);
  const setupToken = read("setupToken", CHECKS.setupToken);
  return { answers, ...defined({ accessToken, setupToken }) };
};

/** Lambda takes an image of its own region alone. @throws UsageError */
export const checkImageRegion = ({ region, imageUri }: Partial<DeployAnswers>): void => {
  const { region: its } = IMAGE_URI.exec(imageUri ?? "")?.groups ?? {};
  if (its === undefined || region === undefined || its === region) return;
  refuse("imageUri", imageUri, `Lambda takes images of its own region alone: push it to one in ${region}`);
};

/** All that is kept, in the order of the document. */
export const answersText = (answers: DeployAnswers): string => {
  const { name, region, profile, gitlabUrl, projects, alarmEmail, runbookUrl, imageUri } = answers;
  const { caCertificate, network, microVm } = answers;
  const ofGitLab = { gitlabUrl, projects };
  const ofAlarms = { alarmEmail, runbookUrl };
  const kept = { name, region, profile, ...ofGitLab, ...ofAlarms, imageUri, caCertificate, network, microVm };
  return `${JSON.stringify(kept, undefined, 2)}\n`;
};
