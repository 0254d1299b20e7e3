import { join } from "node:path";
import { EC2Client } from "@aws-sdk/client-ec2";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SSMClient } from "@aws-sdk/client-ssm";
import { defined } from "../../Core/defined";
import { type Ec2Simulator, engineTemplates, startEc2 } from "../ec2";
import { ACCOUNT_ID, IMAGE_URI, REGION } from "../engine/ministack";
import { type StandIn, startGitLab } from "../gitlab";
import { type FinishedCall, type LambdaHost, startLambdaHost } from "../lambda-host";
import { type MetLimits, metLimits } from "../limits/met-limits";
import { countAnswer, countCall } from "../metrics/aws-metrics";
import { readEmbeddedMetrics } from "../metrics/embedded-metrics";
import { MetricStore } from "../metrics/metric-store";
import { type MicroVmHost, startMicroVms } from "../microvm";
import { cloudWatchVmLogs } from "../microvm/machine/vm-log";
import { isAnotherUser } from "../process/same-user";
import { startWebhookApi, type WebhookApi } from "../webhook-api";
import { apiGateway } from "./api-gateway";
import { type Aws, startAws } from "./aws";
import { ec2EventPutter } from "./ec2-events";
import { findGitLabRunner, type RunnerBinary } from "./gitlab-runner-binary";
import type { LaptopOptions } from "./laptop-options";
import type { RunFolder } from "./run-folder";

export type Closer = () => Promise<unknown>;

/** The services that run before the stacks are deployed. */
export interface LaptopServices {
  readonly run: RunFolder;
  readonly binary: RunnerBinary;
  readonly aws: Aws;
  readonly webhookApi: WebhookApi;
  readonly standIn?: StandIn;
  readonly ec2: Ec2Simulator;
  readonly microVms: MicroVmHost;
  readonly host: LambdaHost;
  /** In place of CloudWatch's. */
  readonly metrics: MetricStore;
  readonly env: Readonly<Record<string, string>>;
  /** The account's limits and what they refused; absent: none. */
  readonly account?: MetLimits;
}

const quiet = (): void => undefined;

const simulateEc2 = (
  { run, aws, binary, account }: Pick<LaptopServices, "run" | "aws" | "binary" | "account">,
  options: LaptopOptions,
) => {
  const { log = quiet } = options;
  const put = ec2EventPutter(aws);
  const ec2 = startEc2({
    awsEndpoint: aws.endpoint,
    region: REGION,
    accountId: ACCOUNT_ID,
    folder: run.folder("ec2"),
    env: { ...run.env, GITLAB_RUNNER: binary.path },
    readTemplate: engineTemplates(new EC2Client(aws.asAws), new SSMClient(aws.asAws)),
    credentialsOf: aws.instanceCredentials,
    isAnotherUser,
    ...defined({ account }),
    onEvent: (event) =>
      void put(event).catch((error: unknown) => log(`An EC2 event could not be sent: ${String(error)}`)),
    log: options.isVerbose ? log : quiet,
  });
  aws.setEc2(ec2);
  return ec2;
};

const hostMicroVms = (
  { run, aws, binary }: Pick<LaptopServices, "run" | "aws" | "binary">,
  { isVerbose, log = quiet }: LaptopOptions,
): MicroVmHost => {
  const microVms = startMicroVms({
    awsEndpoint: aws.endpoint,
    region: REGION,
    folder: run.folder("vm"),
    env: { ...run.env, GITLAB_RUNNER: binary.path },
    readPath: aws.readPath,
    log: isVerbose ? log : quiet,
    logs: cloudWatchVmLogs(aws.asAws),
  });
  aws.setMicroVms(microVms);
  return microVms;
};

const functionArn = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${name}`;

/** The rest of an address that Lambda gave for a function's code. */
const pathOf = (location: string): string => {
  const { pathname, search } = new URL(location);
  return `${pathname}${search}`;
};

const hostFunctions = (
  {
    run,
    aws,
    binary,
    account,
    metrics,
  }: Pick<LaptopServices, "run" | "aws" | "binary" | "account" | "metrics">,
  options: LaptopOptions,
  runnerFolder: string,
): Promise<LambdaHost> => {
  const onCall = (call: FinishedCall): void => {
    countCall(metrics, call);
    options.onCall?.(call);
  };
  return startLambdaHost({
    run,
    readCode: (location) => aws.readPath("lambda", pathOf(location)),
    image: { uri: IMAGE_URI, folder: join(runnerFolder, "RunnerFunction") },
    lambda: new LambdaClient({ maxAttempts: 3, ...aws.asAws }),
    logs: aws.asAws,
    awsEnv: (roleArn, name) =>
      aws.sessionEnv("lambda.amazonaws.com", {
        kind: "role",
        roleArn,
        sessionName: name,
        functionArn: functionArn(name),
      }),
    runnerEnv: { GITLAB_RUNNER: binary.path },
    onCall,
    onOutput: readEmbeddedMetrics(metrics),
    ...defined({ socketPath: aws.hostSocket, account }),
  });
};

const startAwsFor = (
  run: RunFolder,
  options: LaptopOptions,
  apiOrigin: string,
  account?: MetLimits,
): Promise<Aws> => {
  const { log = quiet, onCrash = quiet, onGranted } = options;
  const told = new Set<string>();
  return startAws(run, {
    onCrash,
    log,
    apiOrigin,
    onRefused: (refused) => {
      options.onRefused?.(refused);
      // The same right is missing again and again: a schedule and every repeat ask for it.
      if (!told.has(refused.message)) log(`Refused: ${refused.message}`);
      told.add(refused.message);
    },
    ...defined({ onGranted, account, onDropped: options.isVerbose ? log : undefined }),
  });
};

/**
 * Starts the services in the order of their dependencies.
 *
 * @param runnerFolder the build of LambdaShellRunner, which may be under way
 * @param closers receives a function for each service that stops it, in the order of their start
 */
export const startServices = async (
  options: LaptopOptions,
  run: RunFolder,
  runnerFolder: Promise<string>,
  closers: Closer[],
): Promise<LaptopServices> => {
  const opened = <Service extends { close(): unknown }>(service: Service): Service => {
    closers.push(async () => service.close());
    return service;
  };
  const { log = quiet } = options;
  const binary = findGitLabRunner(process.env);
  const account = options.limits && metLimits(options.limits);
  const metrics = new MetricStore();
  const webhookApi = opened(
    await startWebhookApi(options.port ?? 0, (status) => countAnswer(metrics, status)),
  );
  const aws = opened(await startAwsFor(run, options, webhookApi.url, account));
  const gitlab = options.gitlab ? {} : { standIn: opened(await startGitLab({ log, ...options.standIn })) };
  const parts = { run, aws, binary, metrics, ...defined({ account }) };
  const ec2 = opened(simulateEc2(parts, options));
  const microVms = opened(hostMicroVms(parts, options));
  const host = opened(await hostFunctions(parts, options, await runnerFolder));
  webhookApi.open(apiGateway({ aws, host }, log));
  return { ...parts, ...gitlab, webhookApi, ec2, microVms, host, env: aws.env };
};
