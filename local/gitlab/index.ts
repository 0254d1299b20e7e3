import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import { controlRoutes } from "./control-api";
import { newCounts } from "./counts";
import { expire } from "./expiry";
import { Faults } from "./faults";
import { DEFAULT_TIMING, HookSender } from "./hooks";
import { jobRoutes } from "./job-api";
import { parseJobSpecs } from "./job-specs";
import { jobView } from "./job-view";
import { cancel, createPipeline } from "./jobs";
import { laptopStatus } from "./laptop-status";
import { pageRoutes } from "./page-api";
import { accountRestRoutes } from "./rest-account";
import { checkHookUrl, hookRestRoutes, newHook } from "./rest-hooks";
import { jobRestRoutes } from "./rest-jobs";
import { runnerRestRoutes } from "./rest-runners";
import type { Route } from "./router";
import { runSample } from "./run-sample";
import { runnerRoutes } from "./runner-api";
import { listen, portOf } from "./server";
import { checkSigningToken } from "./sign-hook";
import type { StandIn, StandInHook, StandInOptions } from "./stand-in";
import { createWorld, type World } from "./world";

export type { Counts } from "./counts";
export type { FaultSettings } from "./faults";
export type { JobView } from "./job-view";
export type { LaptopJob, LaptopStatus, Left } from "./laptop-status";
export { type HookShape, type JobHookPayload, jobHookPayload } from "./payload";
export { CANCELLED_SAMPLE_JOB, SAMPLE_JOBS, SAMPLE_PROJECT } from "./sample";
export type { RunnerView, StandIn, StandInHook, StandInOptions } from "./stand-in";
export type { Limits } from "./world";

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
  group.signingToken = checkSigningToken(hook.signingToken);
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
