import { CommanderError } from "commander";
import { type ExitCode, UsageError } from "./context";

/** What went wrong, in a sentence for the person at the terminal, and how the program ends. */
export interface CliFailure {
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** AWS tells its errors apart by name. */
export const isNamed = (error: unknown, name: string): boolean =>
  error instanceof Error && error.name === name;

const REMEDIES: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    "There are no AWS credentials: sign in (aws configure, aws sso login), or set AWS_PROFILE",
  ExpiredTokenException: "The AWS credentials have expired: sign in again",
  ExpiredToken: "The AWS credentials have expired: sign in again",
  InvalidClientTokenId: "AWS does not know these credentials: check AWS_PROFILE and the account",
  UnrecognizedClientException: "AWS does not know these credentials: check AWS_PROFILE and the account",
  ExitPromptError: "Stopped. Nothing more was done",
  AbortPromptError: "Stopped. Nothing more was done",
  TimeoutError: "AWS does not answer in time: check the network, then try again",
};

const CONNECTION_CODES = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ETIMEDOUT",
  "ECONNRESET",
  "EAI_AGAIN",
];

const codeOf = (error: Error): string => {
  const code: unknown = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : "";
};

const ofFile = (error: Error): string | undefined => {
  const path: unknown = (error as { path?: unknown }).path;
  if (typeof path !== "string") return undefined;
  if (codeOf(error) === "ENOENT") return `There is no file ${path}: check the name`;
  if (codeOf(error) === "EACCES") return `The file ${path} may not be opened: check its permissions`;
  if (codeOf(error) === "EISDIR") return `${path} is a folder: name a file`;
  return `The file ${path} cannot be used (${codeOf(error)})`;
};

/** The SDK says so in three ways: with the profile's name, twice, and without it where the environment or --profile chose it. */
const NO_PROFILE =
  /Could not resolve credentials using profile: \[([^\]]*)\]|[Pp]rofile (\S+) (?:could not be found|not found)/;

const profileOf = (error: Error): string | undefined => {
  const [, ...profiles] = NO_PROFILE.exec(error.message) ?? [];
  const chosen = error.name === "CredentialsProviderError" ? process.env.AWS_PROFILE : undefined;
  return profiles.find(Boolean) ?? (chosen || undefined);
};

const ofAws = (error: Error): string | undefined => {
  const profile = profileOf(error);
  if (profile !== undefined)
    return `The AWS profile ${profile} is not there or has no credentials: see aws configure list-profiles`;
  const known = REMEDIES[error.name];
  if (known) return known;
  if (/Region is missing/.test(error.message))
    return "No AWS region is chosen: give --region, or set AWS_REGION";
  if (/AccessDenied|Unauthorized/.test(error.name)) {
    return `AWS does not allow this: ${error.message}. Ask for the permission, or use another profile`;
  }
  if (CONNECTION_CODES.includes(codeOf(error))) {
    const endpoint = process.env.AWS_ENDPOINT_URL;
    return endpoint
      ? `Nothing answers at ${endpoint} (AWS_ENDPOINT_URL): is the laptop run still up?`
      : `AWS cannot be reached (${codeOf(error)}): check the network`;
  }
  return undefined;
};

const OURS = ["InvalidInputError", "ConfigurationError", "TransientError", "ThrottledError"];

/** No stack trace for people's mistakes; for anything unforeseen its name helps whoever looks into it. */
export const failure = (error: unknown): CliFailure => {
  if (!(error instanceof Error)) return { message: String(error), exitCode: 1 };
  if (error instanceof CommanderError) return { message: "", exitCode: error.exitCode === 0 ? 0 : 2 };
  if (error instanceof UsageError) return { message: error.message, exitCode: 2 };
  if (OURS.includes(error.name)) return { message: error.message, exitCode: 1 };
  const file = ofFile(error);
  if (file) return { message: file, exitCode: 2 };
  return { message: ofAws(error) ?? `${error.name}: ${error.message}`, exitCode: 1 };
};
