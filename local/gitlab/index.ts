import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import { controlRoutes } from "./api/control-routes";
import { accountRestRoutes } from "./api/rest/account";
import { commitRestRoutes } from "./api/rest/commits";
import { featureRestRoutes } from "./api/rest/features";
import { parseJobSpecs } from "./api/rest/job-specs";
import { jobRestRoutes } from "./api/rest/jobs";
import { refRestRoutes } from "./api/rest/refs";
import { runnerRestRoutes } from "./api/rest/runners";
import { checkSigningToken } from "./api/rest/signing-token";
import { checkWebhookUrl, newWebhook, webhookRestRoutes } from "./api/rest/webhooks";
import type { Route } from "./api/router";
import { jobRoutes } from "./api/runner/job-routes";
import { runnerRoutes } from "./api/runner/runner-routes";
import { listen, portOf } from "./api/server";
import { newCounts } from "./model/counts";
import { expire } from "./model/expiry";
import { GitLabFaults } from "./model/faults";
import { jobView } from "./model/job-view";
import { cancel, createPipeline } from "./model/jobs";
import { createGitLabState, type GitLabState } from "./model/state";
import { laptopStatus } from "./page/laptop-status";
import { pageRoutes } from "./page/page-routes";
import { runSample } from "./sample/run-sample-pipeline";
import type { RunnerChange, StandIn, StandInOptions, StandInWebhook } from "./stand-in";
import { DEFAULT_TIMING, WebhookSender } from "./webhooks/webhook-sender";

export type { GitLabCounts as Counts } from "./model/counts";
export type { FaultSettings } from "./model/faults";
export type { GitLabFeatures } from "./model/features";
export type { JobView } from "./model/job-view";
export type { GitLabLimits } from "./model/state";
export type {
  DashboardView,
  LaptopJob,
  LaptopStatus,
  MappingLine,
  RemainingResources,
} from "./page/laptop-status";
export { CANCELLED_SAMPLE_JOB, SAMPLE_JOBS, SAMPLE_PROJECT } from "./sample/sample-pipeline";
export type { RunnerChange, RunnerView, StandIn, StandInOptions, StandInWebhook } from "./stand-in";
export {
  type JobWebhookPayload,
  jobWebhookPayload,
  type WebhookShape,
} from "./webhooks/job-webhook-payload";

const EXPIRY_INTERVAL_MS = 1_000;

const assemble = (state: GitLabState, options: StandInOptions, url: () => string) => {
  const faults = new GitLabFaults(state.clock);
  const counts = newCounts();
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const sender = new WebhookSender({ state, url, faults, counts, timing });
  const laptop = laptopStatus(() => state.clock.now());
  const events = new EventEmitter().setMaxListeners(0);
  state.onWebhookDue = (job) => sender.jobChanged(job);
  state.onChange = (job) => {
    if (events.listenerCount("change") > 0) events.emit("change", jobView(job));
  };
  state.onRunnerChange = ({ id, description, paused, deleted }) =>
    void events.emit("runner-change", {
      id,
      description,
      isOpen: !paused && !deleted,
    } satisfies RunnerChange);
  const sample = { prepare: async () => undefined as unknown };
  return { state, faults, counts, sender, laptop, events, sample };
};

type StandInServices = ReturnType<typeof assemble>;

const routesFor = (
  { state, faults, counts, sender, laptop, sample }: StandInServices,
  url: () => string,
): readonly Route[] => [
  ...controlRoutes(faults, counts),
  ...runnerRoutes(state, url),
  ...jobRoutes(state),
  ...jobRestRoutes(state, url),
  ...refRestRoutes(state),
  ...commitRestRoutes(state),
  ...runnerRestRoutes(state, url),
  ...webhookRestRoutes(state, sender, url),
  ...accountRestRoutes(state, url),
  ...featureRestRoutes(state),
  ...pageRoutes({
    state,
    faults,
    counts,
    laptop: laptop.get,
    runSample: async () => {
      await sample.prepare();
      runSample(state);
    },
  }),
];

const setWebhook = (state: GitLabState, webhook: StandInWebhook | undefined): void => {
  for (const old of state.webhooks.values())
    if (old.projectId === undefined && old.groupId === undefined) state.webhooks.delete(old.id);
  if (webhook === undefined) return;
  const group = newWebhook(state, {}, checkWebhookUrl(webhook.url));
  group.token = webhook.token;
  group.signingToken = checkSigningToken(webhook.signingToken);
  group.events.add("job_events");
  state.webhooks.set(group.id, group);
};

const close = async (server: Server, services: StandInServices, timer: NodeJS.Timeout): Promise<void> => {
  clearInterval(timer);
  services.sender.close();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
};

const cancelJob = (state: GitLabState, jobId: number): void => {
  const job = state.jobs.get(jobId);
  if (job !== undefined) cancel(state, job);
};

/** The controls of the stand-in that need no HTTP. */
const controls = ({
  state,
  faults,
  counts,
  laptop,
  events,
  sample,
}: StandInServices): Omit<StandIn, "url" | "close"> => ({
  accessToken: state.accessToken,
  registrationToken: state.registrationToken,
  setWebhook: (webhook) => setWebhook(state, webhook),
  setFaults: (settings) => faults.set(settings),
  counts: () => counts,
  createPipeline: (projectId, jobs, ref) =>
    createPipeline(state, projectId, parseJobSpecs(jobs), ref).jobs.map(jobView),
  runSample: () => runSample(state),
  cancelJob: (jobId) => cancelJob(state, jobId),
  jobs: () => [...state.jobs.values()].map(jobView),
  runners: () =>
    [...state.runners.values()].map(({ id, description, paused, tags }) => ({
      id,
      description,
      paused,
      tags,
    })),
  setLaptopStatus: laptop.set,
  setSamplePreparation: (prepare) => {
    sample.prepare = prepare;
  },
  on: (event, listener) => void events.on(event, listener),
  off: (event, listener) => void events.off(event, listener),
  onRunnerChange: (listener) => void events.on("runner-change", listener),
});

/** Starts the GitLab stand-in on loopback: runner API, REST API, job webhooks and page. Its state is in memory. */
export const startGitLab = (options: StandInOptions = {}): Promise<StandIn> =>
  serveGitLab(createGitLabState(options.limits, options.clock, options.features), options);

/** Starts the stand-in on a given state, for tests that change that state. */
export const serveGitLab = async (state: GitLabState, options: StandInOptions = {}): Promise<StandIn> => {
  let address = "";
  const url = () => address;
  const services = assemble(state, options, url);
  const { faults, counts } = services;
  const log = options.log ?? (() => undefined);
  const server = await listen(
    {
      routes: routesFor(services, url),
      paths: state.paths,
      accessToken: state.accessToken,
      faults,
      counts,
      log,
    },
    options.port ?? 0,
  );
  address = `http://127.0.0.1:${portOf(server)}`;
  const timer = setInterval(() => expire(state), EXPIRY_INTERVAL_MS);
  return { ...controls(services), url: address, close: () => close(server, services, timer) };
};
