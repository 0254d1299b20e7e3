import { randomBytes } from "node:crypto";
import type { Ec2Simulator } from "../ec2";
import { type Builds, buildStack, STACKS } from "../engine/build";
import { startSam } from "../engine/sam";
import type { StandIn } from "../gitlab";
import type { LaptopStatus } from "../gitlab/page/laptop-status";
import type { LambdaHost } from "../lambda-host";
import { limitsText } from "../limits/account-limits";
import { dashboardView, readDashboard } from "../metrics/dashboard";
import type { MicroVmHost } from "../microvm";
import type { WebhookApi } from "../webhook-api";
import type { Aws } from "./aws";
import { type GitLabConfiguration, writeConfiguration } from "./configuration";
import { deploySettings, deployStacks, keepPrices, type Stacks, warmFunctions } from "./deploy-stacks";
import { deployedOutputs } from "./deployed-outputs";
import type { RunnerBinary } from "./gitlab-runner-binary";
import type { LaptopOptions } from "./laptop-options";
import { readLedgers } from "./ledger-view";
import { readMappingLines } from "./mapping-view";
import { makeMicroVmCode, uploadMicroVmCode } from "./microvm-code";
import { openRunFolder, ROOT, type RunFolder } from "./run-folder";
import { type Closer, type LaptopServices, startServices } from "./services";
import { laptopStatus } from "./status";

/** GitLab and what plays AWS, with nothing deployed. */
export interface EmptyLaptop {
  readonly gitlabUrl: string;
  /** Absent with a real GitLab. */
  readonly standIn?: StandIn;
  readonly aws: Aws;
  readonly ec2: Ec2Simulator;
  readonly microVms: MicroVmHost;
  readonly host: LambdaHost;
  readonly webhookApi: WebhookApi;
  readonly run: RunFolder;
  readonly binary: RunnerBinary;
  /** Environment variables with which AWS tools and our command line use the laptop. */
  readonly env: Readonly<Record<string, string>>;
  status(): Promise<LaptopStatus>;
  close(): Promise<void>;
}

/** The whole application, running on this machine. */
export interface Laptop extends EmptyLaptop {
  /** The webhook's address. */
  readonly webhook: string;
  readonly webhookToken: string;
  readonly stacks: Stacks;
  readonly builds: Builds;
}

/** Stops services in the reverse order of their start. A failure of one does not keep the others. */
const closeAll = async (closers: Closer[]): Promise<void> => {
  for (const close of closers.splice(0).reverse()) await close().catch(() => undefined);
};

/** What starts a laptop, in a run's folder. After a failure it stops what it has started. */
const inRunFolder = async <Started>(
  start: (run: RunFolder, closers: Closer[]) => Promise<Started>,
): Promise<Started> => {
  const closers: Closer[] = [];
  const run = openRunFolder();
  closers.push(() => run.close());
  try {
    return await start(run, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
};

/** Jobs and remaining resources of all deployments, from their ledgers, the GitLab stand-in, EC2 and the MicroVM host. */
const statusOf = (services: LaptopServices, root: string) => {
  const widgets = readDashboard(root);
  return async (): Promise<LaptopStatus> => {
    const outputs = await deployedOutputs(services.env);
    const ledger = await readLedgers(services.env, outputs("LedgerTableName"));
    const runnerRecords = services.standIn?.runners().length ?? 0;
    const tables = outputs("MappingTableName");
    const mapping = (await Promise.all(tables.map((table) => readMappingLines(services.env, table)))).flat();
    const { account } = services;
    return {
      ...laptopStatus(ledger, {
        runnerRecords,
        instances: services.ec2.running(),
        microVms: services.microVms.running(),
      }),
      mapping,
      dashboard: dashboardView(widgets, services.metrics),
      ...(account && { account: { limits: limitsText(account.limits), refused: account.list() } }),
    };
  };
};

const startEmpty = async (
  options: LaptopOptions,
  run: RunFolder,
  runnerFolder: Promise<string>,
  closers: Closer[],
): Promise<EmptyLaptop> => {
  const services = await startServices(options, run, runnerFolder, closers);
  const status = statusOf(services, options.root ?? ROOT);
  services.standIn?.setLaptopStatus(status);
  const gitlabUrl = options.gitlab?.url ?? services.standIn?.url ?? "";
  return { ...services, gitlabUrl, status, close: () => closeAll(closers) };
};

/**
 * Starts GitLab's stand-in (or uses a real GitLab) and what plays AWS, and deploys nothing.
 *
 * @throws Error with a message for the operator
 */
export const startEmptyLaptop = (options: LaptopOptions = {}): Promise<EmptyLaptop> =>
  inRunFolder((run, closers) =>
    startEmpty(options, run, buildStack(options.root ?? ROOT, "LambdaShellRunner", run), closers),
  );

/** What an operator stores and GitLab gets before the first job. */
const configure = async (laptop: EmptyLaptop, options: LaptopOptions): Promise<GitLabConfiguration> => {
  const configuration = {
    url: laptop.gitlabUrl,
    accessToken: options.gitlab?.accessToken ?? laptop.standIn?.accessToken ?? "",
    webhookSecret: options.webhookToken ?? randomBytes(24).toString("hex"),
  };
  await writeConfiguration(laptop.env, configuration);
  return configuration;
};

const deploy = async (
  laptop: EmptyLaptop,
  options: LaptopOptions,
  root: string,
  building: readonly Promise<string>[],
  code: Promise<string>,
): Promise<Laptop> => {
  const sam = startSam(laptop.run, laptop.aws.samEnv);
  try {
    const { webhookSecret: webhookToken } = await configure(laptop, options);
    const folders = await Promise.all(building);
    const builds = Object.fromEntries(STACKS.map((stack, index) => [stack, folders[index]])) as Builds;
    const stacks = await deployStacks(deploySettings(laptop, { root, sam, builds }), options, (bucket) =>
      uploadMicroVmCode(laptop.env, bucket, code),
    );
    await keepPrices(laptop, stacks);
    warmFunctions(laptop, stacks);
    laptop.microVms
      .buildImages()
      .catch((error: Error) => options.log?.(`No MicroVM can start: ${error.message}`));
    const webhook = stacks.Infrastructure.outputs.WebhookUrl ?? "";
    laptop.standIn?.setWebhook({ url: webhook, token: webhookToken });
    return { ...laptop, webhook, webhookToken, stacks, builds };
  } finally {
    // It needs more memory than the engine and is not used again.
    sam.close();
  }
};

/**
 * Starts an empty laptop, and builds and deploys the shipped stacks there.
 *
 * @throws Error with a message for the operator
 */
export const startLaptop = (options: LaptopOptions = {}): Promise<Laptop> =>
  inRunFolder(async (run, closers) => {
    const root = options.root ?? ROOT;
    const building = STACKS.map((stack) => buildStack(root, stack, run));
    const runnerFolder = building[STACKS.indexOf("LambdaShellRunner")] as Promise<string>;
    const code = makeMicroVmCode(root, run);
    return deploy(await startEmpty(options, run, runnerFolder, closers), options, root, building, code);
  });
