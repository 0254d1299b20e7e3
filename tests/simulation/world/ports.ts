import type { Ec2Api } from "../../../AutoScaler/src/adapters/ec2-client";
import { ec2Instances } from "../../../AutoScaler/src/adapters/ec2-instances";
import { ec2Provider } from "../../../AutoScaler/src/adapters/ec2-provider";
import type { Launch, MappingRow, OurEvent, RunnerProvider } from "../../../AutoScaler/src/domain/ports";
import { TransientError } from "../../../Core/errors";
import type { Runner } from "../../../Core/ledger";
import type { Calls, ErrorOf, Process } from "./calls";
import { type Ec2, ec2Error } from "./ec2";
import type { FunctionWorld } from "./functions";
import type { GitLabEffects } from "./gitlab-api";
import { GitLabPort } from "./gitlab-port";
import { Conflicts, LedgerPort } from "./ledger-port";
import type { Random } from "./random";
import { DEPLOYMENT } from "./stack";
import type { Table } from "./table";
import type { Timeline } from "./timeline";

/** All that the ports reach. */
export interface Services {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly calls: Calls;
  readonly table: Table;
  readonly gitLab: GitLabEffects;
  readonly gitLabMode: "verified" | "payload";
  readonly ec2: Ec2;
  readonly terminate: (instanceId: string) => void;
  readonly invoke: (runner: Runner) => Launch;
  readonly mappings: () => readonly MappingRow[];
  readonly startsAreOn: () => boolean;
  readonly stackCap: () => number;
  readonly put: (events: readonly OurEvent[]) => void;
  readonly metric: (name: string, value: number, dimensions: Readonly<Record<string, string>>) => void;
}

const EC2_SETTINGS = {
  deploymentId: DEPLOYMENT,
  launchTemplates: { arm64: { id: "lt-arm64", version: "1" }, x86_64: { id: "lt-x86", version: "1" } },
  subnetIds: ["subnet-a", "subnet-b"],
  rootDeviceName: "/dev/xvda",
} as const;
export const ROLE_ID = "AROASIMULATED";

/** EC2's client throws EC2's own errors; the shipped adapter tells them apart. */
const ec2ErrorOf: ErrorOf = (fault) => {
  if (fault === "throttled") return ec2Error("RequestLimitExceeded", 503);
  return fault === "fails" ? ec2Error("InternalError", 500) : ec2Error("TimeoutError", 504);
};

class Throttled extends Error {}

/** Lambda's 429 comes before any effect. */
const invokeErrorOf: ErrorOf = (fault, name) =>
  fault === "throttled" ? new Throttled(name) : new TransientError(`${name}: ${fault}`);

const refusedByRate = (error: unknown): Launch => {
  if (error instanceof Throttled)
    return { kind: "refused", refusal: "rate", message: "Lambda refused the call" };
  throw error;
};

const lambdaPort = ({ calls, invoke }: Services, process: Process): RunnerProvider => ({
  launch: (runner) =>
    calls.make(process, "lambda.invoke", () => invoke(runner), invokeErrorOf).catch(refusedByRate),
  find: async () => undefined,
});

const ec2Api = ({ calls, ec2, terminate }: Services, process: Process): Ec2Api => ({
  createFleet: (request) =>
    calls.make(process, "ec2.createFleet", () => ec2.createFleet(request), ec2ErrorOf),
  describeInstances: (request) =>
    calls.make(process, "ec2.describeInstances", () => ec2.describeInstances(request), ec2ErrorOf),
  terminateInstances: ({ InstanceIds = [] }) =>
    calls.make(process, "ec2.terminateInstances", () => void InstanceIds.map(terminate), ec2ErrorOf),
});

/** Makes the ports of one process: each call takes time and may go wrong. */
export const portsFactory = (services: Services): ((process: Process) => FunctionWorld) => {
  const { timeline, random, calls, table } = services;
  const conflicts = new Conflicts(timeline, random);
  let nonces = 0;
  const nonce = (): string => {
    nonces += 1;
    return nonces.toString(16).padStart(64, "0");
  };
  return (process) => {
    const clock = {
      now: () => Math.floor(timeline.now + process.skew),
      sleep: (milliseconds: number) => calls.sleep(process, milliseconds),
    };
    const api = ec2Api(services, process);
    return {
      ledger: new LedgerPort(process, calls, table, random, conflicts),
      rows: {
        move: (fromKey, toKey) => calls.make(process, "rows.move", () => table.move(fromKey, toKey)),
        remove: (key) => calls.make(process, "rows.remove", () => void table.rows.delete(key)),
      },
      mappings: {
        rows: (pk) =>
          calls.make(process, "mappings.rows", () => services.mappings().filter((row) => row.pk === pk)),
      },
      gitLab: new GitLabPort(process, calls, services.gitLab, services.gitLabMode),
      lambda: lambdaPort(services, process),
      ec2: ec2Provider(api, { ...EC2_SETTINGS, roleId: ROLE_ID }),
      instances: ec2Instances(api, { deploymentId: DEPLOYMENT }),
      functions: { isTenantIsolated: async () => true },
      bus: { put: (events) => calls.make(process, "bus.put", () => services.put(events)) },
      settings: {
        startsAreOn: () => calls.make(process, "settings.startsAreOn", () => services.startsAreOn()),
      },
      clock,
      nonce,
      metric: (name, value = 1, dimensions = {}) => services.metric(name, value, dimensions),
      caps: { stack: services.stackCap(), ofClass: ({ maxRunners }) => maxRunners },
      deploymentId: DEPLOYMENT,
    };
  };
};
