import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import { controlRoutes } from "./api/control-routes";
import { accountRestRoutes } from "./api/rest/account";
import { parseJobSpecs } from "./api/rest/job-specs";
import { jobRestRoutes } from "./api/rest/jobs";
import { runnerRestRoutes } from "./api/rest/runners";
import { checkHookUrl, hookRestRoutes, newHook } from "./api/rest/webhooks";
import type { Route } from "./api/router";
import { jobRoutes } from "./api/runner/job-routes";
import { runnerRoutes } from "./api/runner/runner-routes";
import { listen, portOf } from "./api/server";
import { newCounts } from "./model/counts";
import { expire } from "./model/expiry";
import { Faults } from "./model/faults";
import { jobView } from "./model/job-view";
import { cancel, createPipeline } from "./model/jobs";
import { createWorld, type World } from "./model/state";
import { laptopStatus } from "./page/laptop-status";
import { pageRoutes } from "./page/page-routes";
import { runSample } from "./sample/run-sample-pipeline";
import type { StandIn, StandInHook, StandInOptions } from "./stand-in";
import { DEFAULT_TIMING, HookSender } from "./webhooks/webhook-sender";

export type { Counts } from "./model/counts";
export type { FaultSettings } from "./model/faults";
export type { JobView } from "./model/job-view";
export type { Limits } from "./model/state";
export type { LaptopJob, LaptopStatus, Left } from "./page/laptop-status";
export { CANCELLED_SAMPLE_JOB, SAMPLE_JOBS, SAMPLE_PROJECT } from "./sample/sample-pipeline";
export type { RunnerView, StandIn, StandInHook, StandInOptions } from "./stand-in";
export { type HookShape, type JobHookPayload, jobHookPayload } from "./webhooks/job-webhook-payload";

const EXPIRY_INTERVAL_MS = 1_000;

const assemble = (world: World, options: StandInOptions, url: () => string) => {
  const faults = new Faults(world.clock);
  const counts = newCounts();
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const sender = new HookSender({ world, url, faults, counts, timing });
  const laptop = laptopStatus(() => world.clock.now());
  const events = new EventEmitter().setMaxListeners(0);
  world.onHook = (job) => sender.jobChanged(job);
  world.onChange = (job) => {
    if (job !== undefined && events.listenerCount("change") > 0) events.emit("change", jobView(job));
  };
  const sample = { prepare: async () => undefined as unknown };
  return { world, faults, counts, sender, laptop, events, sample };
};

type Parts = ReturnType<typeof assemble>;

const routesFor = (
  { world, faults, counts, sender, laptop, sample }: Parts,
  url: () => string,
): readonly Route[] => [
  ...controlRoutes(faults, counts),
  ...runnerRoutes(world, url),
  ...jobRoutes(world),
  ...jobRestRoutes(world, url),
  ...runnerRestRoutes(world, url),
  ...hookRestRoutes(world, sender, url),
  ...accountRestRoutes(world, url),
  ...pageRoutes({
    world,
    faults,
    counts,
    laptop: laptop.get,
    runSample: async () => {
      await sample.prepare();
      runSample(world);
    },
  }),
];

const setHook = (world: World, hook: StandInHook | undefined): void => {
  for (const old of world.hooks.values()) if (old.projectId === undefined) world.hooks.delete(old.id);
  if (hook === undefined) return;
  const group = newHook(world, undefined, checkHookUrl(hook.url));
  group.token = hook.token;
  group.events.add("job_events");
  world.hooks.set(group.id, group);
};

const close = async (server: Server, parts: Parts, timer: NodeJS.Timeout): Promise<void> => {
  clearInterval(timer);
  parts.sender.close();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
};

const cancelJob = (world: World, jobId: number): void => {
  const job = world.jobs.get(jobId);
  if (job !== undefined) cancel(world, job);
};

/** What the rest of the laptop may do with the world without going through HTTP. */
const controls = ({
  world,
  faults,
  counts,
  laptop,
  events,
  sample,
}: Parts): Omit<StandIn, "url" | "close"> => ({
  accessToken: world.accessToken,
  registrationToken: world.registrationToken,
  setHook: (hook) => setHook(world, hook),
  setFaults: (settings) => faults.set(settings),
  counts: () => counts,
  createPipeline: (projectId, jobs) =>
    createPipeline(world, projectId, parseJobSpecs(jobs)).jobs.map(jobView),
  runSample: () => runSample(world),
  cancelJob: (jobId) => cancelJob(world, jobId),
  jobs: () => [...world.jobs.values()].map(jobView),
  runners: () =>
    [...world.runners.values()].map(({ id, description, paused, tags }) => ({
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
});

/** Starts GitLab's stand-in: the runners' API, the REST API, job hooks and the page, on loopback, in memory. */
export const startGitLab = (options: StandInOptions = {}): Promise<StandIn> =>
  serveWorld(createWorld(options.limits, options.clock), options);

/** The same around a world that the caller keeps its hands on; for tests. */
export const serveWorld = async (world: World, options: StandInOptions = {}): Promise<StandIn> => {
  let address = "";
  const url = () => address;
  const parts = assemble(world, options, url);
  const { faults, counts } = parts;
  const log = options.log ?? (() => undefined);
  const server = await listen(
    { routes: routesFor(parts, url), accessToken: world.accessToken, faults, counts, log },
    options.port ?? 0,
  );
  address = `http://127.0.0.1:${portOf(server)}`;
  const timer = setInterval(() => expire(world), EXPIRY_INTERVAL_MS);
  return { ...controls(parts), url: address, close: () => close(server, parts, timer) };
};
