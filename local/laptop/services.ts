import { join } from "node:path";
import { defined } from "../../Core/defined";
import { type Ec2Simulator, startEc2 } from "../ec2";
import { type Builds, buildStacks, type Stack } from "../engine/build";
import { ACCOUNT_ID, type Engine, REGION, startEngine } from "../engine/ministack";
import { type Sam, startSam } from "../engine/sam";
import { type StandIn, startGitLab } from "../gitlab";
import { type LambdaHost, startLambdaHost } from "../lambda-host";
import { startWebhookApi, type WebhookApi } from "../webhook-api";
import { ec2EventPutter } from "./ec2-events";
import { findGitLabRunner, type RunnerBinary } from "./gitlab-runner-binary";
import type { LaptopOptions } from "./laptop-options";
import type { RunFolder } from "./run-folder";

export type Closer = () => Promise<unknown>;

/** The services that run before the stacks are deployed. */
export interface LaptopServices {
  readonly run: RunFolder;
  readonly binary: RunnerBinary;
  readonly engine: Engine;
  readonly sam: Sam;
  readonly webhookApi: WebhookApi;
  readonly standIn?: StandIn;
  readonly ec2: Ec2Simulator;
  readonly host: LambdaHost;
  readonly builds: Builds;
  readonly env: Readonly<Record<string, string>>;
}

const quiet = (): void => undefined;

const simulateEc2 = (run: RunFolder, engine: Engine, binary: RunnerBinary, options: LaptopOptions) => {
  const { log = quiet } = options;
  const put = ec2EventPutter(engine);
  return startEc2({
    engineEndpoint: engine.endpoint,
    region: REGION,
    accountId: ACCOUNT_ID,
    folder: run.folder("ec2"),
    env: { ...run.env, ...engine.env, GITLAB_RUNNER: binary.path },
    onEvent: (event) =>
      void put(event).catch((error: unknown) => log(`An EC2 event could not be sent: ${String(error)}`)),
    log: options.isVerbose ? log : quiet,
  });
};

const hostFunctions = (
  { run, builds, env, binary }: Pick<LaptopServices, "run" | "builds" | "env" | "binary">,
  { onCall }: LaptopOptions,
): Promise<LambdaHost> =>
  startLambdaHost({
    run,
    bundleFolder: (stack, functionId) => join(builds[stack as Stack] ?? "", functionId),
    env,
    runnerEnv: { GITLAB_RUNNER: binary.path },
    ...defined({ onCall }),
  });

/**
 * Starts the services in the order of their dependencies, while the stacks are built.
 *
 * @param closers receives a function for each service that stops it, in the order of their start
 */
export const startServices = async (
  options: LaptopOptions,
  root: string,
  run: RunFolder,
  closers: Closer[],
): Promise<LaptopServices> => {
  const opened = <Service extends { close(): unknown }>(service: Service): Service => {
    closers.push(async () => service.close());
    return service;
  };
  const building = buildStacks(root, run);
  // Awaited below; until then a failure must not count as unhandled.
  building.catch(quiet);
  const binary = findGitLabRunner(process.env);
  const engine = opened(await startEngine(run, options.onCrash ?? quiet));
  const sam = opened(startSam(run, engine.env));
  const webhookApi = opened(await startWebhookApi(options.port ?? 0, engine.env));
  const log = options.log ?? quiet;
  const gitlab = options.gitlab ? {} : { standIn: opened(await startGitLab({ log, ...options.standIn })) };
  const ec2 = opened(await simulateEc2(run, engine, binary, options));
  const env = { ...engine.env, AWS_ENDPOINT_URL_EC2: ec2.endpoint };
  const builds = await building;
  const host = opened(await hostFunctions({ run, builds, env, binary }, options));
  return { run, binary, engine, sam, webhookApi, ...gitlab, ec2, host, builds, env };
};
