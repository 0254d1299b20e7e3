import { randomBytes } from "node:crypto";
import type { Ec2Simulator } from "../ec2";
import type { Builds } from "../engine/build";
import type { StandIn } from "../gitlab";
import type { LaptopStatus } from "../gitlab/page/laptop-status";
import type { LambdaHost } from "../lambda-host";
import { limitsText } from "../limits/account-limits";
import type { WebhookApi } from "../webhook-api";
import type { Aws } from "./aws";
import { type GitLabConfiguration, writeConfiguration } from "./configuration";
import { deployStacks, openWebhookApi, type Stacks, webhookAddress } from "./deploy-stacks";
import type { RunnerBinary } from "./gitlab-runner-binary";
import type { LaptopOptions } from "./laptop-options";
import { readLedger } from "./ledger-view";
import { readMappingLines } from "./mapping-view";
import { openRunFolder, ROOT, type RunFolder } from "./run-folder";
import { type Closer, type LaptopServices, startServices } from "./services";
import { laptopStatus } from "./status";

/** The whole application, running on this machine. */
export interface Laptop {
  /** The webhook's address. */
  readonly webhook: string;
  readonly webhookToken: string;
  readonly gitlabUrl: string;
  /** Absent with a real GitLab. */
  readonly standIn?: StandIn;
  readonly aws: Aws;
  readonly ec2: Ec2Simulator;
  readonly host: LambdaHost;
  readonly webhookApi: WebhookApi;
  readonly stacks: Stacks;
  readonly builds: Builds;
  readonly run: RunFolder;
  readonly binary: RunnerBinary;
  /** Environment variables with which AWS tools and our command line use the laptop. */
  readonly env: Readonly<Record<string, string>>;
  status(): Promise<LaptopStatus>;
  close(): Promise<void>;
}

/** Stops services in the reverse order of their start. A failure of one does not keep the others. */
const closeAll = async (closers: Closer[]): Promise<void> => {
  for (const close of closers.splice(0).reverse()) await close().catch(() => undefined);
};

/**
 * Starts the laptop: engine, GitLab stand-in (or a real GitLab), EC2 simulator, Lambda host and webhook API. Then it
 * builds and deploys the three shipped stacks. After a failure it stops what it has started.
 *
 * @throws Error with a message for the operator
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

/** Address and tokens of the real GitLab or of the stand-in. */
const configurationOf = (options: LaptopOptions, { standIn }: LaptopServices): GitLabConfiguration => ({
  url: options.gitlab?.url ?? standIn?.url ?? "",
  accessToken: options.gitlab?.accessToken ?? standIn?.accessToken ?? "",
  webhookSecret: options.webhookToken ?? randomBytes(24).toString("hex"),
});

/** Jobs and remaining resources, from the ledger, the GitLab stand-in and the EC2 simulator. */
const statusOf = (services: LaptopServices, stacks: Stacks) => async (): Promise<LaptopStatus> => {
  const ledger = await readLedger(services.env, stacks.AutoScaler.outputs.LedgerTableName ?? "");
  const runnerRecords = services.standIn?.runners().length ?? 0;
  const mapping = await readMappingLines(services.env, stacks.AutoScaler.outputs.MappingTableName ?? "");
  const status = { ...laptopStatus(ledger, { runnerRecords, instances: services.ec2.running() }), mapping };
  const { account } = services;
  return account
    ? { ...status, account: { limits: limitsText(account.limits), refused: account.list() } }
    : status;
};

const start = async (options: LaptopOptions, run: RunFolder, closers: Closer[]): Promise<Laptop> => {
  const root = options.root ?? ROOT;
  const services = await startServices(options, root, run, closers);
  const configuration = configurationOf(options, services);
  await writeConfiguration(services.env, configuration);
  const webhook = webhookAddress(root, services);
  const stacks = await deployStacks(root, services, webhook, options);
  // The SAM CLI needs more memory than the engine and is not used again.
  services.sam.close();
  openWebhookApi(root, services, stacks);
  const status = statusOf(services, stacks);
  services.standIn?.setLaptopStatus(status);
  services.standIn?.setWebhook({ url: webhook, token: configuration.webhookSecret });
  return {
    ...services,
    webhook,
    webhookToken: configuration.webhookSecret,
    gitlabUrl: configuration.url,
    stacks,
    status,
    close: () => closeAll(closers),
  };
};
