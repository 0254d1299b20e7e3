import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { clientSettings } from "./clients";
import { type Ec2Simulator, startEc2 } from "./ec2";
import { type Builds, buildStacks, builtTemplatePath, type Stack } from "./engine/build";
import { type DeployedStack, deployStack } from "./engine/deploy";
import { ACCOUNT_ID, type Engine, REGION, startEngine } from "./engine/ministack";
import { type Sam, startSam } from "./engine/sam";
import { readTemplate } from "./engine/template-file";
import { type FrontDoor, startFrontDoor } from "./front-door";
import { readWebhookApi, resolver } from "./front-door/api";
import { type StandIn, type StandInOptions, startGitLab } from "./gitlab";
import type { LaptopStatus } from "./gitlab/laptop-status";
import { findGitLabRunner, type RunnerBinary } from "./gitlab-runner-binary";
import { type FinishedCall, type LambdaHost, startLambdaHost } from "./lambda-host";
import { readLedger } from "./left-over";
import { writeConfiguration } from "./parameters";
import { openRunFolder, ROOT, type RunFolder } from "./run-folder";
import { laptopStatus } from "./status";

/** A GitLab that is none of ours. */
export interface RealGitLab {
  readonly url: string;
  readonly accessToken: string;
}

export interface LaptopOptions {
  /** The clone whose stacks are deployed, or a copy of it. */
  readonly root?: string;
  /** The hook's port; 0, the default: a free one. */
  readonly port?: number;
  readonly webhookToken?: string;
  readonly gitlab?: RealGitLab;
  readonly standIn?: StandInOptions;
  /** What differs from the templates' defaults. */
  readonly parameters?: Readonly<Partial<Record<Stack, Readonly<Record<string, string>>>>>;
  /** Progress, a line at a time. */
  readonly log?: (message: string) => void;
  readonly isVerbose?: boolean;
  /** Told in a sentence when the engine ends by itself. */
  readonly onCrash?: (sentence: string) => void;
  readonly onCall?: (call: FinishedCall) => void;
}

/** The whole application, running on this machine. */
export interface Laptop {
  /** The hook's address. */
  readonly webhook: string;
  readonly webhookToken: string;
  readonly gitlabUrl: string;
  /** Absent with a real GitLab. */
  readonly standIn?: StandIn;
  readonly engine: Engine;
  readonly ec2: Ec2Simulator;
  readonly host: LambdaHost;
  readonly frontDoor: FrontDoor;
  readonly stacks: Readonly<Record<Stack, DeployedStack>>;
  readonly run: RunFolder;
  readonly binary: RunnerBinary;
  /** With these, AWS's own tools and our command line work against the laptop. */
  readonly env: Readonly<Record<string, string>>;
  status(): Promise<LaptopStatus>;
  /** One sweep now, beside the schedule's. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** On every job's path, in the order in which it needs them. */
const WARMED = [
  "LookUpRunnerFunction",
  "StartLambdaRunnerFunction",
  "StartEc2RunnerFunction",
  "RecordPickUpFunction",
  "FindRunnerFunction",
  "UnregisterRunnerFunction",
];

type Closer = () => Promise<unknown>;

/** Ends parts in the order opposite to their start, each whatever becomes of the others. */
const closeAll = async (closers: Closer[]): Promise<void> => {
  for (const close of closers.splice(0).reverse()) await close().catch(() => undefined);
};

/** Puts an event as EC2 itself would. */
const ec2Events = (engine: Engine) => {
  const client = new EventBridgeClient(clientSettings(engine.env));
  return (event: {
    readonly detailType: string;
    readonly detail: unknown;
    readonly resources?: readonly string[];
  }) =>
    client.send(
      new PutEventsCommand({
        Entries: [
          {
            Source: "aws.ec2",
            DetailType: event.detailType,
            Detail: JSON.stringify(event.detail),
            Resources: [...(event.resources ?? [])],
            ...(engine.eventsKey ? { TraceHeader: engine.eventsKey } : {}),
          },
        ],
      }),
    );
};

const deployAll = async (
  at: { readonly root: string; readonly engine: Engine; readonly sam: Sam; readonly builds: Builds },
  host: LambdaHost,
  webhook: string,
  options: LaptopOptions,
): Promise<Record<Stack, DeployedStack>> => {
  const log = options.log ?? (() => undefined);
  const deploy = async (stack: Stack, parameters: Readonly<Record<string, string>> = {}) => {
    const since = Date.now();
    const settings = {
      hostUrl: (id: string) => host.functionUrl(stack, id),
      outputs: { WebhookUrl: webhook },
    };
    const deployed = await deployStack(at, stack, settings, {
      ...parameters,
      ...options.parameters?.[stack],
    });
    log(`  ${stack} deployed by sam in ${((Date.now() - since) / 1_000).toFixed(1)} s`);
    if (options.isVerbose) for (const left of deployed.dropped) log(`    left out of the copy: ${left}`);
    return deployed;
  };
  const Infrastructure = await deploy("Infrastructure");
  const LambdaShellRunner = await deploy("LambdaShellRunner");
  const functionArn = LambdaShellRunner.outputs.FunctionArn ?? "";
  const AutoScaler = await deploy("AutoScaler", { DefaultRunnerArn: functionArn });
  return { Infrastructure, LambdaShellRunner, AutoScaler };
};

/**
 * Starts the laptop: engine, GitLab's stand-in (or a real GitLab), EC2 simulator, Lambda host, front door;
 * builds and deploys the three shipped stacks. Whatever fails, what was started is ended again.
 *
 * @throws Error in words
 */
export const startLaptop = async (options: LaptopOptions = {}): Promise<Laptop> => {
  const closers: Closer[] = [];
  const run = openRunFolder();
  closers.push(() => run.close());
  try {
    return await start(options, run, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
};

const start = async (options: LaptopOptions, run: RunFolder, closers: Closer[]): Promise<Laptop> => {
  const root = options.root ?? ROOT;
  const log = options.log ?? (() => undefined);
  const binary = findGitLabRunner(process.env);
  const building = buildStacks(root, run);
  building.catch(() => undefined);

  const engine = await startEngine(run, options.onCrash ?? (() => undefined));
  closers.push(() => engine.close());
  const sam = startSam(run, engine.env);
  closers.push(async () => sam.close());
  const frontDoor = await startFrontDoor(options.port ?? 0, engine.env);
  closers.push(() => frontDoor.close());
  const standIn = options.gitlab ? undefined : await startGitLab({ log, ...options.standIn });
  if (standIn) closers.push(() => standIn.close());
  const putEc2Event = ec2Events(engine);
  const ec2 = await startEc2({
    engineEndpoint: engine.endpoint,
    region: REGION,
    accountId: ACCOUNT_ID,
    folder: run.folder("ec2"),
    env: { ...run.env, ...engine.env, GITLAB_RUNNER: binary.path },
    onEvent: (event) =>
      void putEc2Event(event).catch((error: unknown) => log(`EC2 event lost: ${String(error)}`)),
    log: options.isVerbose ? log : () => undefined,
  });
  closers.push(() => ec2.close());

  const env = { ...engine.env, AWS_ENDPOINT_URL_EC2: ec2.endpoint };
  const builds = await building;
  const host = await startLambdaHost({
    run,
    bundleFolder: (stack, functionId) => join(builds[stack as Stack] ?? "", functionId),
    env,
    runnerEnv: { GITLAB_RUNNER: binary.path },
    ...(options.onCall ? { onCall: options.onCall } : {}),
  });
  closers.push(() => host.close());

  const webhookToken = options.webhookToken ?? randomBytes(24).toString("hex");
  const gitlabUrl = options.gitlab?.url ?? standIn?.url ?? "";
  const accessToken = options.gitlab?.accessToken ?? standIn?.accessToken ?? "";
  await writeConfiguration(env, { url: gitlabUrl, accessToken, webhookSecret: webhookToken });
  const infrastructure = readTemplate(builtTemplatePath(root, "Infrastructure", builds));
  const webhookPath = readWebhookApi(infrastructure, (value) =>
    typeof value === "object" ? "0" : String(value),
  ).path;
  const webhook = `${frontDoor.url}${webhookPath}`;
  const stacks = await deployAll({ root, engine, sam, builds }, host, webhook, options);

  const api = readWebhookApi(infrastructure, resolver(infrastructure, stacks.Infrastructure.resources));
  const authorizerName = stacks.Infrastructure.resources[api.authorizerFunctionId] ?? "";
  frontDoor.open(api, (event) =>
    host.call("Infrastructure", api.authorizerFunctionId, authorizerName, event),
  );
  for (const functionId of WARMED) {
    const name = stacks.AutoScaler.resources[functionId];
    if (name) void host.warm("AutoScaler", functionId, name).catch(() => undefined);
  }
  standIn?.setLaptopStatus(() => status());
  standIn?.setHook({ url: webhook, token: webhookToken });

  const ledgerTable = stacks.AutoScaler.outputs.LedgerTableName ?? "";
  const status = async (): Promise<LaptopStatus> => {
    const ledger = await readLedger(env, ledgerTable);
    const runnerRecords = standIn?.runners().length ?? 0;
    return laptopStatus(ledger, { runnerRecords, instances: ec2.running() });
  };
  const sweep = async (): Promise<void> => {
    await host.call("AutoScaler", "SweepFunction", stacks.AutoScaler.outputs.SweepFunctionName ?? "", {});
  };
  const parts = { webhook, webhookToken, gitlabUrl, engine, ec2, host, frontDoor, stacks, run, binary, env };
  const close = () => closeAll(closers);
  return { ...parts, ...(standIn ? { standIn } : {}), status, sweep, close };
};
