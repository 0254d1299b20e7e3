import { randomBytes } from "node:crypto";
import type { Ec2Simulator } from "../ec2";
import type { Engine } from "../engine/ministack";
import type { StandIn } from "../gitlab";
import type { LaptopStatus } from "../gitlab/page/laptop-status";
import type { LambdaHost } from "../lambda-host";
import type { WebhookApi } from "../webhook-api";
import { type GitLabConfiguration, writeConfiguration } from "./configuration";
import { deployStacks, openWebhookApi, type Stacks, webhookAddress } from "./deploy-stacks";
import type { RunnerBinary } from "./gitlab-runner-binary";
import type { LaptopOptions } from "./laptop-options";
import { readLedger } from "./ledger-view";
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
  readonly engine: Engine;
  readonly ec2: Ec2Simulator;
  readonly host: LambdaHost;
  readonly webhookApi: WebhookApi;
  readonly stacks: Stacks;
  readonly run: RunFolder;
  readonly binary: RunnerBinary;
  /** With these, AWS's own tools and our command line work against the laptop. */
  readonly env: Readonly<Record<string, string>>;
  status(): Promise<LaptopStatus>;
  close(): Promise<void>;
}

/** Ends parts in the order opposite to their start, each whatever becomes of the others. */
const closeAll = async (closers: Closer[]): Promise<void> => {
  for (const close of closers.splice(0).reverse()) await close().catch(() => undefined);
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

/** GitLab's address and tokens: the real one's, or the stand-in's. */
const configurationOf = (options: LaptopOptions, { standIn }: LaptopServices): GitLabConfiguration => ({
  url: options.gitlab?.url ?? standIn?.url ?? "",
  accessToken: options.gitlab?.accessToken ?? standIn?.accessToken ?? "",
  webhookSecret: options.webhookToken ?? randomBytes(24).toString("hex"),
});

/** What is there and what is left, told by the ledger, GitLab's stand-in and the EC2 simulator. */
const statusOf = (parts: LaptopServices, stacks: Stacks) => async (): Promise<LaptopStatus> => {
  const ledger = await readLedger(parts.env, stacks.AutoScaler.outputs.LedgerTableName ?? "");
  const runnerRecords = parts.standIn?.runners().length ?? 0;
  return laptopStatus(ledger, { runnerRecords, instances: parts.ec2.running() });
};

const start = async (options: LaptopOptions, run: RunFolder, closers: Closer[]): Promise<Laptop> => {
  const root = options.root ?? ROOT;
  const parts = await startServices(options, root, run, closers);
  const configuration = configurationOf(options, parts);
  await writeConfiguration(parts.env, configuration);
  const webhook = webhookAddress(root, parts);
  const stacks = await deployStacks(root, parts, webhook, options);
  // It holds more memory than the engine, and is not needed any more.
  parts.sam.close();
  openWebhookApi(root, parts, stacks);
  const status = statusOf(parts, stacks);
  parts.standIn?.setLaptopStatus(status);
  parts.standIn?.setWebhook({ url: webhook, token: configuration.webhookSecret });
  return {
    ...parts,
    webhook,
    webhookToken: configuration.webhookSecret,
    gitlabUrl: configuration.url,
    stacks,
    status,
    close: () => closeAll(closers),
  };
};
