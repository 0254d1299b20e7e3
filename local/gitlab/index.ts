import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import type { StandInClock } from "./clock";
import { controlRoutes } from "./control-api";
import { type Counts, newCounts } from "./counts";
import { expire } from "./expiry";
import { type FaultSettings, Faults } from "./faults";
import { DEFAULT_TIMING, HookSender, type HookTiming } from "./hooks";
import { jobRoutes } from "./job-api";
import { parseJobSpecs } from "./job-specs";
import { type JobView, jobView } from "./job-view";
import { cancel, createPipeline } from "./jobs";
import { accountRestRoutes } from "./rest-account";
import { checkHookUrl, hookRestRoutes, newHook } from "./rest-hooks";
import { jobRestRoutes } from "./rest-jobs";
import { runnerRestRoutes } from "./rest-runners";
import type { Route } from "./router";
import { runnerRoutes } from "./runner-api";
import { listen, portOf } from "./server";
import { createWorld, type Limits, type World } from "./world";

export type { JobView } from "./job-view";
export { jobHookPayload } from "./payload";
export type { Limits } from "./world";

/** How to start the stand-in; everything has a default. */
export interface StandInOptions {
  /** 0, the default: a free one. */
  readonly port?: number;
  readonly host?: "127.0.0.1";
  readonly log?: (message: string) => void;
  readonly limits?: Partial<Limits>;
  readonly timing?: Partial<HookTiming>;
  readonly clock?: StandInClock;
}

/** A running GitLab stand-in. */
export interface StandIn {
  /** E.g. `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string;
  /** For PRIVATE-TOKEN. It is worth something on this machine only, for as long as the stand-in runs. */
  readonly accessToken: string;
  /** For the older `POST /runners`. */
  readonly registrationToken: string;
  /** The job hook of all projects, as a group hook would be; undefined takes it away. */
  setHook(hook: { readonly url: string; readonly token: string } | undefined): void;
  setFaults(faults: FaultSettings): void;
  counts(): Counts;
  /** `jobs` as in `POST /projects/:id/pipeline`. @returns the jobs as they were created */
  createPipeline(projectId: number, jobs: readonly unknown[]): readonly JobView[];
  cancelJob(jobId: number): void;
  /** All jobs that are still remembered, oldest first. */
  jobs(): readonly JobView[];
  /** Records that exist now. */
  runners(): readonly { readonly id: number; readonly description: string; readonly paused: boolean }[];
  /** Called with each job that changed: its status, its runner, its log. */
  on(event: "change", listener: (job: JobView) => void): void;
  off(event: "change", listener: (job: JobView) => void): void;
  /** Ends held polls, waiting hooks and connections. */
  close(): Promise<void>;
}

const EXPIRY_INTERVAL_MS = 1_000;

const routes = (parts: {
  world: World;
  sender: HookSender;
  faults: Faults;
  counts: Counts;
  url: () => string;
}): readonly Route[] => [
  ...controlRoutes(parts.faults, parts.counts),
  ...runnerRoutes(parts.world, parts.url),
  ...jobRoutes(parts.world),
  ...jobRestRoutes(parts.world, parts.url),
  ...runnerRestRoutes(parts.world, parts.url),
  ...hookRestRoutes(parts.world, parts.sender, parts.url),
  ...accountRestRoutes(parts.world, parts.url),
];

const setHook = (world: World, hook: { readonly url: string; readonly token: string } | undefined): void => {
  for (const old of world.hooks.values()) if (old.projectId === undefined) world.hooks.delete(old.id);
  if (hook === undefined) return;
  const group = newHook(world, undefined, checkHookUrl(hook.url));
  group.token = hook.token;
  group.events.add("job_events");
  world.hooks.set(group.id, group);
};

const close = async (server: Server, sender: HookSender, timer: NodeJS.Timeout): Promise<void> => {
  clearInterval(timer);
  sender.close();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
};

/** Starts GitLab's stand-in: the runners' API, the REST API, job hooks and the page, on loopback, in memory. */
export const startGitLab = async (options: StandInOptions = {}): Promise<StandIn> => {
  const world = createWorld(options.limits, options.clock);
  const faults = new Faults(world.clock);
  const counts = newCounts();
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  let address = "";
  const url = () => address;
  const sender = new HookSender({ world, url, faults, counts, timing });
  const events = new EventEmitter();
  events.setMaxListeners(0);
  world.onHook = (job) => sender.jobChanged(job);
  world.onChange = (job) => job !== undefined && events.emit("change", jobView(job));
  const log = options.log ?? (() => undefined);
  const parts = {
    routes: routes({ world, sender, faults, counts, url }),
    accessToken: world.accessToken,
    faults,
    counts,
    log,
  };
  const server = await listen(parts, options.port ?? 0);
  address = `http://127.0.0.1:${portOf(server)}`;
  const timer = setInterval(() => expire(world), EXPIRY_INTERVAL_MS);
  return {
    url: address,
    accessToken: world.accessToken,
    registrationToken: world.registrationToken,
    setHook: (hook) => setHook(world, hook),
    setFaults: (settings) => faults.set(settings),
    counts: () => counts,
    createPipeline: (projectId, jobs) =>
      createPipeline(world, projectId, parseJobSpecs(jobs)).jobs.map(jobView),
    cancelJob: (jobId) => {
      const job = world.jobs.get(jobId);
      if (job !== undefined) cancel(world, job);
    },
    jobs: () => [...world.jobs.values()].map(jobView),
    runners: () =>
      [...world.runners.values()].map(({ id, description, paused }) => ({ id, description, paused })),
    on: (event, listener) => void events.on(event, listener),
    off: (event, listener) => void events.off(event, listener),
    close: () => close(server, sender, timer),
  };
};
