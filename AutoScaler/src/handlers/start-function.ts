import { log } from "../../../Core/log";
import type { Provider } from "../../../Core/model/runner-class";
import type { RunnerOrder } from "../../../Core/model/runner-order";
import { loadLater } from "../adapters/load-later";
import { stsCacheAccess } from "../adapters/sts/cache-access";
import { stsClient } from "../adapters/sts/client";
import type { BootstrapRows, MicroVmImages, RunnerProvider } from "../ports";
import type { StartOutcome } from "../queue/start-outcome";
import { PoolMemory } from "../spot/pool-memory";
import { parseRunnerOrder } from "../start/runner-order-input";
import { startRunner } from "../start/start-runner";
import { machine } from "./machine";
import { sendingMetrics } from "./sending-metrics";
import { configurationOf, GITLAB_VARIABLES, gitLabOf, withTables } from "./wiring";

export const START_VARIABLES = {
  ...GITLAB_VARIABLES,
  deploymentId: "DEPLOYMENT_ID",
  ledgerTable: "LEDGER_TABLE",
  bootstrapTable: "BOOTSTRAP_TABLE",
  cacheRoleArn: "CACHE_ROLE_ARN",
  cacheBucket: "CACHE_BUCKET",
} as const;

/** The log fields of a start's outcome: what it hands to the workflow stays out. */
const outcomeFields = (result: StartOutcome) => {
  if (result.kind === "elsewhere") {
    const { provider: fallback, order } = result.lookup;
    return { outcome: result.kind, fallback, reason: order.fallbackBy };
  }
  const { kind: outcome, freed: _, ...told } = result;
  const { events: __, ...fields } = "events" in told ? told : { ...told, events: undefined };
  return { outcome, ...fields };
};

type StartEnv = Readonly<Record<keyof typeof START_VARIABLES, string>>;

/** What the starts of a provider have of their own. */
interface Starting {
  readonly provider: (rows: BootstrapRows) => RunnerProvider;
  /** Of MicroVMs alone. */
  readonly microVmImages?: MicroVmImages;
  /** Begins to load what the launch needs, while GitLab creates the runner. */
  readonly load: (order: RunnerOrder) => void;
}

const NO_IMAGES: MicroVmImages = { image: async () => undefined };

/**
 * The function that starts a provider's runners. Its start loads the client that it needs first, of Parameter Store; the tables
 * follow while that answers, and the launch while GitLab does.
 */
export const startFunction = (
  type: Provider,
  env: StartEnv,
  { provider, load, microVmImages = NO_IMAGES }: Starting,
) => {
  const region = process.env.AWS_REGION ?? "";
  const settings = configurationOf(env, { readsStarts: true });
  const sts = stsClient();
  const cacheAccess = stsCacheAccess(sts, { roleArn: env.cacheRoleArn, bucket: env.cacheBucket, region });
  // Kept for all starts of this process: which refs are protected, and which spot pools are short.
  const kept = { protectedRefs: new Map(), spotPools: new PoolMemory() };
  const parts = { ...machine, ...kept, settings, cacheAccess, microVmImages };
  const tables = loadLater("The tables", async () => {
    const { startParts } = await import("./start-parts");
    const loaded = startParts(env.ledgerTable, env.bootstrapTable, region);
    return { ...loaded, provider: provider(loaded.rows) };
  });

  const handle = async (input: unknown): Promise<StartOutcome> => {
    const order = parseRunnerOrder(input, type);
    const loadLaunch = (): void => {
      sts.load();
      load(order);
    };
    const outer = await withTables(gitLabOf(settings, loadLaunch), tables);
    const outcome = await startRunner({ ...parts, ...outer }, order);
    log.info("RUNNER_STARTED", { jobId: order.jobId, provider: type, ...outcomeFields(outcome) });
    return outcome;
  };
  return sendingMetrics(settings.collector, handle);
};
