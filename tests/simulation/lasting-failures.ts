import type { Launch } from "../../AutoScaler/src/ports";
import { ConfigurationError, ThrottledError } from "../../Core/errors";
import type { Runner } from "../../Core/model/ledger";
import type { CallFault, PortCall } from "./world/calls";
import { ec2Error } from "./world/ec2";
import type { Kind } from "./world/stack";
import { Simulation, type SimulationOptions } from "./world/world";

/** One thing that fails for ever while everything else works. */
export interface LastingFailure {
  readonly says: string;
  readonly kind: Kind;
  readonly options?: Partial<SimulationOptions>;
  readonly breakIt: (world: Simulation) => void;
  /** GitLab does not even return the job: its start fails visibly, without an attempt. */
  readonly isUnreadable?: true;
}

const every =
  (name: string, fate: CallFault) =>
  (world: Simulation): void => {
    world.calls.plan = (call) => (call.name === name ? fate : undefined);
  };

const everyGitLab = (world: Simulation): void => {
  world.calls.plan = ({ name }) => (name.startsWith("gitLab.") ? "fails" : undefined);
};

/** Lambda refuses to invoke the runner function. */
const refuseInvoke =
  (refusal: "capacity" | "configuration") =>
  (world: Simulation): void => {
    const refused: Launch = { kind: "refused", refusal, message: "always refused" };
    world.providers.invoke = (_: Runner) => refused as never;
  };

const refuseFleet =
  (code: string, status: number) =>
  (world: Simulation): void => {
    world.ec2.createFleet = () => {
      throw ec2Error(code, status);
    };
  };

/** No answer, and nothing launched either: what did launch would be found, and run the job. */
const neverArrives = (world: Simulation): void => {
  every("ec2.createFleet", "times-out")(world);
  world.ec2.createFleet = () => undefined as never;
};

const refuseToken = (world: Simulation): void => {
  world.gitLab.create = () => {
    throw new ConfigurationError("GitLab refuses the token (401)");
  };
};

const throttle = (world: Simulation): void => {
  world.gitLab.create = () => {
    throw new ThrottledError("POST /user/runners: 429", 60);
  };
};

/** EC2 shows instances as running, but their user data never runs. */
const neverBoots = (world: Simulation): void => {
  world.ec2.onState = (instance) => {
    if (instance.state === "pending") world.checks.count(`EC2#${instance.className}`, 1);
    else world.providers.instanceChanged(instance);
  };
};

/** GitLab gives the runner no job: it asks, waits and ends. */
const getsNoJob = (world: Simulation): void => {
  world.gitLab.request = () => "held";
};

const noRow = (world: Simulation): void => {
  world.table.take = () => undefined;
};

const noSpotNorElse = { ec2: { noSpot: 1, noCapacity: 1 } };
const fullGitLab = { gitLab: { recordsPerProject: 0 } };
const nothing = (): void => undefined;

export const LASTING_FAILURES: readonly LastingFailure[] = [
  { says: "GitLab refuses to make a runner (4xx)", kind: "ec2", options: fullGitLab, breakIt: nothing },
  { says: "GitLab refuses the token (401)", kind: "ec2", breakIt: refuseToken },
  { says: "making a runner fails (5xx)", kind: "lambda", breakIt: every("gitLab.createRunner", "fails") },
  {
    says: "making a runner is not answered",
    kind: "ec2",
    breakIt: every("gitLab.createRunner", "times-out"),
  },
  { says: "GitLab asks to wait before it makes a runner (429)", kind: "ec2", breakIt: throttle },
  { says: "GitLab answers nothing", kind: "ec2", breakIt: everyGitLab, isUnreadable: true },
  { says: "the mapping's row cannot be followed", kind: "broken", breakIt: nothing },
  { says: "Lambda refuses: configuration", kind: "lambda", breakIt: refuseInvoke("configuration") },
  { says: "Lambda refuses: not ready", kind: "lambda", breakIt: refuseInvoke("capacity") },
  { says: "Lambda refuses: too many requests", kind: "lambda", breakIt: every("lambda.invoke", "throttled") },
  { says: "Lambda fails (5xx)", kind: "lambda", breakIt: every("lambda.invoke", "fails") },
  { says: "EC2 refuses: configuration", kind: "ec2", breakIt: refuseFleet("UnauthorizedOperation", 403) },
  { says: "EC2 refuses: not offered there", kind: "ec2", breakIt: refuseFleet("Unsupported", 400) },
  { says: "EC2 refuses: no capacity, spot nor else", kind: "ec2", options: noSpotNorElse, breakIt: nothing },
  { says: "EC2 refuses: quota", kind: "ec2", breakIt: refuseFleet("VcpuLimitExceeded", 400) },
  { says: "EC2 refuses: too many requests", kind: "ec2", breakIt: every("ec2.createFleet", "throttled") },
  { says: "EC2 fails (5xx)", kind: "ec2", breakIt: every("ec2.createFleet", "fails") },
  { says: "EC2 does not answer", kind: "ec2", breakIt: neverArrives },
  { says: "instances never boot", kind: "ec2", breakIt: neverBoots },
  { says: "instances find no bootstrap row", kind: "ec2", breakIt: noRow },
  { says: "instances get no job", kind: "ec2", breakIt: getsNoJob },
  { says: "functions find no bootstrap row", kind: "lambda", breakIt: noRow },
  { says: "functions get no job", kind: "lambda", breakIt: getsNoJob },
];

/** Lists and the account's limit, which a pass reads whether or not the job exists. */
const LISTS = [
  "gitLab.jobs",
  "gitLab.projects",
  "gitLab.runners",
  "ec2.describeInstances",
  "lambda.getAccountSettings",
];
const PEERS = ["gitLab.", "ec2.", "lambda."];
/** The reconciler's calls to our tables for one job. Its lease, its cursor and its index reads do not count. */
const OF_ONE_JOB = ["ledger.attempts", "ledger.runner", "mappings.rows", "bus.put"];

const isReconciler = ({ caller }: PortCall): boolean => caller === "ReconcilerFunction";

/** Whether a call goes to GitLab, EC2 or Lambda for a job: all but the reconciler's lists. */
export const isOutbound = (call: PortCall): boolean =>
  PEERS.some((peer) => call.name.startsWith(peer)) && !(isReconciler(call) && LISTS.includes(call.name));

/** Whether a call goes to our own tables, parameters or bus for a job. */
export const isInternal = (call: PortCall): boolean =>
  !PEERS.some((peer) => call.name.startsWith(peer)) &&
  (!isReconciler(call) || OF_ONE_JOB.includes(call.name));

export interface LastingReport {
  readonly says: string;
  /** Calls to GitLab, EC2 and Lambda for the one job. */
  readonly outbound: number;
  /** Calls to DynamoDB, Parameter Store and EventBridge for it. */
  readonly internal: number;
  /** Minutes until the last outbound call. */
  readonly lastAfter: number;
  /** Minutes until the job was reported as failed for the last time; undefined: never. */
  readonly reportedAfter: number | undefined;
  readonly byName: Readonly<Record<string, number>>;
  readonly world: Simulation;
}

const HOURS = 8;

/** Runs one job for hours while one thing fails, and counts every call that is made for it. */
export const play = async ({ says, kind, options, breakIt }: LastingFailure): Promise<LastingReport> => {
  const world = new Simulation({ seed: 14, ...options });
  const begin = world.timeline.now;
  const minutes = (): number => (world.timeline.now - begin) / 60_000;
  let reportedAfter: number | undefined;
  let lastAfter = 0;
  const calls: PortCall[] = [];
  world.onMetric = (name) => {
    if (name === "JobsFailed") reportedAfter = minutes();
  };
  breakIt(world);
  const { plan } = world.calls;
  world.calls.plan = (call) => {
    calls.push(call);
    if (isOutbound(call)) lastAfter = minutes();
    return plan(call);
  };
  world.addJob({ kind });
  await world.run(HOURS * 3_600);
  const outbound = calls.filter(isOutbound);
  const byName: Record<string, number> = {};
  for (const { name } of outbound) byName[name] = (byName[name] ?? 0) + 1;
  const internal = calls.filter(isInternal).length;
  return { says, outbound: outbound.length, internal, lastAfter, reportedAfter, byName, world };
};
