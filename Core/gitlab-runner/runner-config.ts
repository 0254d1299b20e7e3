import type { BootstrapRow, RunnerCache } from "../model/bootstrap-row";
import type { Provider } from "../model/runner-class";
import { imageNotice } from "./image-notice";
import type { Workspace } from "./workspace";

/** What gitlab-runner is told of its one job. */
export interface SingleRun
  extends Pick<
    BootstrapRow,
    "url" | "token" | "runnerId" | "waitTimeoutSeconds" | "caCertificate" | "refuseImages" | "cache"
  > {
  /** Absent: LAMBDA. */
  readonly provider?: Provider;
  /** The docker executor; absent: the shell executor. */
  readonly docker?: {
    /** Of jobs that name none. */
    readonly image: string;
    /** Whether its containers may do as root of the machine does. Absent: no. */
    readonly isPrivileged?: boolean;
  };
}

/** The name of the `[[runners]]` entry, for the flag `-r`. */
export const RUNNER_NAME = "job";

/** Arguments of gitlab-runner for one job with the entry of `runnerToml`. */
export const runnerArguments = (config: string, waitTimeoutSeconds: number): readonly string[] => [
  "--log-format",
  "json",
  // Only at this level does the runner log that there is no job, and that a job is over while its script still runs.
  "--log-level",
  "debug",
  "run-single",
  "--config",
  config,
  "-r",
  RUNNER_NAME,
  "--max-builds",
  "1",
  "--wait-timeout",
  String(waitTimeoutSeconds),
];

/** Attempts for the last report: the runner gives up about 22 s after the job's end instead of nine minutes. */
const FINAL_REPORT_ROUNDS = 4;

/** JSON's escapes are valid in TOML. JSON leaves DEL as it is, which TOML forbids. */
const quoted = (text: string): string => JSON.stringify(text).replaceAll("\u007f", "\\u007f");

/** The endpoint of AWS's API on a developer's computer, as the setting of an S3 that is not AWS's. */
const otherServer = (endpoint: string | undefined): readonly string[] => {
  if (!endpoint) return [];
  const { host, protocol } = new URL(endpoint);
  return [`ServerAddress = ${quoted(host)}`, `Insecure = ${protocol === "http:"}`, "PathStyle = true"];
};

/** One runner for each job, so the cache is shared by all of a project. Its credentials stay in the runner: a job gets signed addresses. */
const cacheToml = (cache: RunnerCache | undefined, endpoint: string | undefined): readonly string[] =>
  cache === undefined
    ? []
    : [
        "[runners.cache]",
        'Type = "s3"',
        `Path = ${quoted(cache.path)}`,
        "Shared = true",
        "[runners.cache.s3]",
        'AuthenticationType = "access-key"',
        `BucketName = ${quoted(cache.bucket)}`,
        `BucketLocation = ${quoted(cache.region)}`,
        `AccessKey = ${quoted(cache.accessKeyId)}`,
        `SecretKey = ${quoted(cache.secretAccessKey)}`,
        `SessionToken = ${quoted(cache.sessionToken)}`,
        ...otherServer(endpoint),
      ];

/** Jobs run in containers below Docker's own folders; Docker in Docker leaves the certificates for its clients in one more. */
const dockerToml = ({ image, isPrivileged = false }: Required<SingleRun>["docker"]): readonly string[] => [
  "[runners.docker]",
  `image = ${quoted(image)}`,
  `privileged = ${isPrivileged}`,
  'volumes = ["/cache", "/certs/client"]',
];

/** `environment` sets PATH again, because /etc/profile overwrites it in a job's login shell. */
const shellToml = (
  { refuseImages, provider }: Pick<SingleRun, "refuseImages" | "provider">,
  { builds, cache }: Pick<Workspace, "builds" | "cache">,
  path: string,
): readonly string[] => [
  'shell = "bash"',
  `builds_dir = ${quoted(builds)}`,
  `cache_dir = ${quoted(cache)}`,
  `environment = [${quoted(`PATH=${path}`)}]`,
  `pre_get_sources_script = ${quoted(imageNotice(refuseImages ?? false, provider))}`,
];

/**
 * gitlab-runner's configuration. It holds the token and the cache's credentials, so it is passed through a pipe.
 * https://docs.gitlab.com/runner/configuration/advanced-configuration/
 *
 * @param caFile the certificate of GitLab's authority, where that is a private one; jobs clone by it too
 * @param endpoint of AWS's API, on a developer's computer
 */
export const runnerToml = (
  job: Pick<SingleRun, "url" | "token" | "refuseImages" | "provider" | "cache" | "docker">,
  workspace: Pick<Workspace, "builds" | "cache">,
  path: string,
  caFile?: string,
  endpoint?: string,
): string =>
  [
    "[[runners]]",
    `name = ${quoted(RUNNER_NAME)}`,
    `url = ${quoted(job.url)}`,
    `token = ${quoted(job.token)}`,
    ...(caFile === undefined ? [] : [`tls-ca-file = ${quoted(caFile)}`]),
    `executor = "${job.docker ? "docker" : "shell"}"`,
    `job_status_final_update_retry_limit = ${FINAL_REPORT_ROUNDS}`,
    ...(job.docker ? dockerToml(job.docker) : shellToml(job, workspace, path)),
    ...cacheToml(job.cache, endpoint),
    "",
  ].join("\n");
