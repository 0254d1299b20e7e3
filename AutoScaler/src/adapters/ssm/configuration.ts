import { GetParametersCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { type GitLabAccess, PARAMETERS, RUNNER_FUNCTION_PARAMETER } from "../../../../Core/configuration";
import { defined } from "../../../../Core/defined";
import { ConfigurationError } from "../../../../Core/errors";
import { isCaCertificate } from "../../../../Core/gitlab/ca-certificate";
import { checkGitLabUrl } from "../../../../Core/gitlab/gitlab-url";
import type { Time } from "../../../../Core/model/ledger";
import { type Collector, collectorOf } from "../../../../Core/otlp/collector";
import type { Settings } from "../../ports";
import { type ReadRetries, readWithRetries } from "./read-retries";

export interface ConfigurationOptions extends ReadRetries {
  /** Our configuration path, e.g. `/gitlabrunner`. */
  readonly path: string;
  /** The deployment that Infrastructure published under this path: the name of its stack, and of its bus. */
  readonly deploymentId: string;
  /** The bus whose rules call us. If it is another deployment's, this stack was deployed with wrong parameters. */
  readonly busName: string;
  /** True if the function may read `Starts`; only functions that start runners do. */
  readonly readsStarts?: boolean;
  /** True if the function may read which runner LambdaShellRunner published, and needs it. */
  readonly readsRunner?: boolean;
}

export interface Configuration extends Settings {
  /** `AccessToken` is used before `RegistrationToken`. Kept for five minutes at most, and what is no secret for one. */
  access(): Promise<GitLabAccess>;
  /** Reads again even if a value is kept: used after GitLab refused a token (F-22). */
  refresh(): Promise<GitLabAccess>;
  /** The function that LambdaShellRunner published; undefined where there is none. */
  publishedRunnerArn(): Promise<string | undefined>;
  /**
   * Where metrics are sent, as it was read with the rest; undefined: nowhere, or nothing was read. It reads nothing itself.
   *
   * @throws ConfigurationError without a value in its message
   */
  collector(): Promise<Collector | undefined>;
}

type Values = ReadonlyMap<string, string>;

interface Kept {
  readonly values: Promise<Values>;
  readonly readAt: Time;
  readonly secretsReadAt: Time;
}

/** Not so after the clock was set back. */
const isWithin = (time: Time, span: number, now: Time): boolean => now >= time && now - time < span;

const CACHE_MILLISECONDS = 60_000;
/**
 * KMS is paid for each secret that is decrypted, and a pass of the reconciler reads the configuration each minute. A token that
 * GitLab refuses is read anew at once.
 */
const SECRETS_CACHE_MILLISECONDS = 5 * 60_000;
/** Characters of a token. Other characters make a header invalid, and the error would quote the token. */
const TOKEN = /^[\x21-\x7e]+$/;

const comparable = (path: string): string => path.replace(/\/+$/, "");

const checkDeployment = ({ path, deploymentId, busName }: ConfigurationOptions): void => {
  if (deploymentId === busName) return;
  throw new ConfigurationError(
    `This stack has the event bus ${busName}, but under its ConfigurationPath ${path} is the deployment ${deploymentId}: deploy this stack again with EventBusName=${deploymentId}, or with the other deployment's ConfigurationPath`,
  );
};

const toMake = (name: string, type: string, value: string): string =>
  `make it with: aws ssm put-parameter --name ${name} --type ${type} --value ${value}`;

const readUrl = (values: Values, path: string): string => {
  const name = `${path}/${PARAMETERS.url}`;
  const value = values.get(PARAMETERS.url);
  if (!value) {
    throw new ConfigurationError(
      `Parameter ${name} is missing: ${toMake(name, "String", "https://gitlab.example.com")}`,
    );
  }
  try {
    return checkGitLabUrl(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "is wrong";
    throw new ConfigurationError(`Parameter ${name}: ${reason}`, { cause: error });
  }
};

const readToken = (values: Values, parameter: string, path: string): string | undefined => {
  const token = values.get(parameter);
  if (!token) return undefined;
  if (TOKEN.test(token)) return token;
  throw new ConfigurationError(
    `Parameter ${path}/${parameter} has a character in it that no token has: store the token anew`,
  );
};

const readCaCertificate = (values: Values, path: string): string | undefined => {
  const certificate = values.get(PARAMETERS.gitLabCaCertificate);
  if (!certificate || isCaCertificate(certificate)) return certificate || undefined;
  throw new ConfigurationError(
    `Parameter ${path}/${PARAMETERS.gitLabCaCertificate} is no certificate in PEM form: store the file of GitLab's certificate authority, or delete the parameter`,
  );
};

const readAccess = (values: Values, path: string): GitLabAccess => {
  const url = readUrl(values, path);
  const trust = defined({ caCertificate: readCaCertificate(values, path) });
  const accessToken = readToken(values, PARAMETERS.accessToken, path);
  if (accessToken !== undefined) return { mode: "verified", url, token: accessToken, ...trust };
  const registrationToken = readToken(values, PARAMETERS.registrationToken, path);
  if (registrationToken !== undefined) return { mode: "payload", url, token: registrationToken, ...trust };
  const name = `${path}/${PARAMETERS.accessToken}`;
  throw new ConfigurationError(`Parameter ${name} is missing: ${toMake(name, "SecureString", "<token>")}`);
};

const readStarts = (values: Values, path: string): boolean => {
  const value = (values.get(PARAMETERS.starts) ?? "on").toLowerCase();
  if (value === "on" || value === "off") return value === "on";
  throw new ConfigurationError(`Parameter ${path}/${PARAMETERS.starts} must be on or off: set it to one`);
};

/**
 * The configuration in Parameter Store, read in one call and kept for 60 seconds (F-21), secrets for five minutes. A line end after a
 * pasted value is removed.
 *
 * @throws ConfigurationError with the parameter's full name and the remedy; TransientError if SSM fails
 */
export const ssmConfiguration = (
  client: Pick<SSMClient, "send">,
  options: ConfigurationOptions,
): Configuration => {
  checkDeployment(options);
  const path = comparable(options.path);
  const { url, accessToken, registrationToken, gitLabCaCertificate, otlpEndpoint, otlpHeaders } = PARAMETERS;
  const secret: readonly string[] = [accessToken, registrationToken, otlpHeaders];
  const plain: string[] = [url, gitLabCaCertificate, otlpEndpoint];
  if (options.readsStarts) plain.push(PARAMETERS.starts);
  if (options.readsRunner) plain.push(RUNNER_FUNCTION_PARAMETER);
  let kept: Kept | undefined;

  const read = async (parameters: readonly string[]): Promise<Values> => {
    const Names = parameters.map((parameter) => `${path}/${parameter}`);
    const command = new GetParametersCommand({ Names, WithDecryption: true });
    const answer = await readWithRetries(`GetParameters of ${path}`, () => client.send(command), options);
    const named = (answer.Parameters ?? []).map(
      ({ Name, Value }) => [Name ?? "", Value?.trim() ?? ""] as const,
    );
    return new Map(named.map(([name, value]) => [name.slice(path.length + 1), value]));
  };
  /** The secrets that are still good, with the rest read anew. */
  const readPlain = async (before: Promise<Values>): Promise<Values> => {
    const secrets = [...(await before)].filter(([name]) => secret.includes(name));
    return new Map([...secrets, ...(await read(plain))]);
  };
  const keep = async (values: Promise<Values>, secretsReadAt: Time): Promise<Values> => {
    const reading = { values, readAt: options.clock.now(), secretsReadAt };
    kept = reading;
    try {
      return await reading.values;
    } catch (error) {
      if (kept === reading) kept = undefined;
      throw error;
    }
  };
  const readAnew = (): Promise<Values> => keep(read([...plain, ...secret]), options.clock.now());
  const values = (): Promise<Values> => {
    const now = options.clock.now();
    if (kept !== undefined && isWithin(kept.readAt, CACHE_MILLISECONDS, now)) return kept.values;
    if (kept !== undefined && isWithin(kept.secretsReadAt, SECRETS_CACHE_MILLISECONDS, now))
      return keep(readPlain(kept.values), kept.secretsReadAt);
    return readAnew();
  };

  return {
    access: async () => readAccess(await values(), path),
    refresh: async () => readAccess(await readAnew(), path),
    startsAreOn: async () => readStarts(await values(), path),
    publishedRunnerArn: async () => (await values()).get(RUNNER_FUNCTION_PARAMETER) || undefined,
    collector: async () => {
      const read = await kept?.values;
      return collectorOf(read?.get(otlpEndpoint), read?.get(otlpHeaders));
    },
  };
};
