import type { Ec2Api } from "../../../AutoScaler/src/adapters/ec2-client";
import { ec2Instances } from "../../../AutoScaler/src/adapters/ec2-instances";
import { ec2Provider } from "../../../AutoScaler/src/adapters/ec2-provider";
import type {
  Change,
  Clock,
  GitLab as GitLabPort,
  Launch,
  Ledger,
  MappingRow,
  OurEvent,
} from "../../../AutoScaler/src/domain/ports";
import { TransientError } from "../../../Core/errors";
import type { Runner } from "../../../Core/ledger";
import type { Calls, ErrorOf, Process } from "./calls";
import type { Ec2 } from "./ec2";
import { ec2Error } from "./ec2";
import type { FunctionWorld } from "./functions";
import type { gitLabEffects } from "./gitlab-api";
import type { Random } from "./random";
import type { Table } from "./table";
import type { Timeline } from "./timeline";

/** All that the ports reach. */
export interface Services {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly calls: Calls;
  readonly table: Table;
  readonly gitLab: ReturnType<typeof gitLabEffects>;
  readonly gitLabMode: "verified" | "payload";
  readonly ec2: Ec2;
  readonly terminate: (instanceId: string) => void;
  readonly invoke: (runner: Runner) => Launch;
  readonly mappings: () => readonly MappingRow[];
  readonly startsAreOn: () => boolean;
  readonly stackCap: () => number;
  readonly put: (events: readonly OurEvent[]) => void;
  readonly metric: (name: string, value: number, dimensions: Readonly<Record<string, string>>) => void;
  readonly deploymentId: string;
}

const EC2_SETTINGS = {
  launchTemplates: { arm64: { id: "lt-arm64", version: "1" }, x86_64: { id: "lt-x86", version: "1" } },
  subnetIds: ["subnet-a", "subnet-b"],
  rootDeviceName: "/dev/xvda",
} as const;
export const ROLE_ID = "AROASIMULATED";

/** EC2's client throws EC2's own errors; the shipped adapter tells them apart. */
const ec2ErrorOf: ErrorOf = (fault) => {
  if (fault === "throttled") return ec2Error("RequestLimitExceeded", 503);
  return fault === "fails"
    ? ec2Error("InternalError", 500)
    : Object.assign(new Error(fault), { name: "TimeoutError" });
};

const CONFLICT_TRIES = 8;
/** A transaction holds its items so long. */
const CONFLICT_WINDOW = 6;

const keysOf = (changes: readonly Change[]): string[] =>
  changes.map((change) => {
    if ("take" in change) return `places#${change.take.scope}#${change.take.shard}`;
    if ("giveBack" in change) return `places#${change.giveBack.scope}#${change.giveBack.shard}`;
    if ("note" in change) return `note#${change.note.name}`;
    if ("bootstrap" in change) return `row#${change.bootstrap.key}`;
    const item = "put" in change ? change.put : change.check;
    return item.kind === "runner" ? `runner#${item.runnerId}` : `job#${item.jobId}#${item.attempt}`;
  });

/** Makes the ports of one process: each call takes time and may go wrong. */
export const portsFactory = (services: Services): ((process: Process) => FunctionWorld) => {
  const { timeline, random, calls, table, gitLab, ec2 } = services;
  const held = new Map<string, number>();
  let nonces = 0;

  /** DynamoDB refuses a transaction that meets another one on an item; the adapter tries again, eight times. */
  const isInConflict = (changes: readonly Change[]): boolean => {
    const keys = keysOf(changes);
    const { now } = timeline;
    if (keys.some((key) => (held.get(key) ?? 0) > now)) return true;
    for (const key of keys) held.set(key, now + random.between(0, CONFLICT_WINDOW));
    return false;
  };

  const ledgerOf = (process: Process): Ledger => {
    const make = <Answer>(method: string, effect: () => Answer) =>
      calls.make(process, "ledger", method, effect);
    const lag = (): number => random.between(0, table.indexLag);
    const commit = async (changes: readonly Change[]): Promise<boolean> => {
      for (let tries = 0; tries < CONFLICT_TRIES; tries += 1) {
        const outcome = await make("commit", () =>
          isInConflict(changes) ? "conflict" : table.commit(changes),
        );
        if (outcome !== "conflict") return outcome;
        await calls.sleep(process, random.between(0, Math.min(800, 25 * 2 ** tries)));
      }
      throw new TransientError("The transaction met others eight times");
    };
    return {
      attempts: (jobId) => make("attempts", () => table.attempts.get(jobId) ?? []),
      runner: (runnerId) => make("runner", () => table.runners.get(runnerId)),
      runnerByResource: (resourceId) => make("runnerByResource", () => table.byResource(resourceId, lag())),
      places: (scope) => make("places", () => table.places(scope)),
      note: (name) => make("note", () => table.notes.get(name)),
      commit,
      waiting: (classKey, limit) => make("waiting", () => table.waiting(classKey, limit, lag())),
      openAttempts: (cursor) => make("openAttempts", () => table.openAttempts(cursor, lag())),
      openRunners: (cursor) => make("openRunners", () => table.openRunners(cursor, lag())),
    };
  };

  const gitLabOf = (process: Process): GitLabPort => {
    const port: Record<string, unknown> = { mode: services.gitLabMode, url: "https://gitlab.example.com" };
    for (const [method, effect] of Object.entries(gitLab) as [
      string,
      (...parameters: unknown[]) => unknown,
    ][]) {
      port[method] = (...parameters: unknown[]) =>
        calls.make(process, "gitLab", method, () => effect(...parameters));
    }
    return port as unknown as GitLabPort;
  };

  const ec2ApiOf = (process: Process): Ec2Api => {
    const make = <Answer>(method: string, effect: () => Answer) =>
      calls.make(process, "ec2", method, effect, ec2ErrorOf);
    return {
      createFleet: (request) => make("createFleet", () => ec2.createFleet(request)),
      describeInstances: (request) => make("describeInstances", () => ec2.describeInstances(request)),
      terminateInstances: ({ InstanceIds = [] }) =>
        make("terminateInstances", () => InstanceIds.forEach((id) => services.terminate(id))),
    };
  };

  const move = (fromKey: string, toKey: string): boolean => {
    const row = table.rows.get(fromKey);
    if (row === undefined) return table.rows.has(toKey);
    table.rows.delete(fromKey);
    table.rows.set(toKey, { ...row, key: toKey });
    return true;
  };

  return (process) => {
    const make = <Answer>(port: string, method: string, effect: () => Answer) =>
      calls.make(process, port, method, effect);
    const clock: Clock = {
      now: () => Math.floor(timeline.now + process.skew),
      sleep: (milliseconds) => calls.sleep(process, milliseconds),
    };
    const api = ec2ApiOf(process);
    const { deploymentId } = services;
    return {
      ledger: ledgerOf(process),
      rows: {
        move: (fromKey, toKey) => make("rows", "move", () => move(fromKey, toKey)),
        remove: (key) => make("rows", "remove", () => void table.rows.delete(key)),
      },
      mappings: {
        rows: (pk) => make("mappings", "rows", () => services.mappings().filter((row) => row.pk === pk)),
      },
      gitLab: gitLabOf(process),
      lambda: {
        launch: (runner) =>
          make("lambda", "invoke", () => services.invoke(runner)).catch((error) => {
            throw error;
          }),
        find: async () => undefined,
      },
      ec2: ec2Provider(
        api,
        { ...EC2_SETTINGS, deploymentId, roleId: ROLE_ID },
        { clock, random: () => random.next() },
      ),
      instances: ec2Instances(api, { deploymentId }),
      functions: { isTenantIsolated: async () => true },
      bus: { put: (events) => make("bus", "put", () => services.put(events)) },
      settings: { startsAreOn: () => make("settings", "startsAreOn", () => services.startsAreOn()) },
      clock,
      nonce: () => {
        nonces += 1;
        return nonces.toString(16).padStart(64, "0");
      },
      metric: (name, value = 1, dimensions = {}) => services.metric(name, value, dimensions),
      caps: { stack: services.stackCap(), ofClass: ({ maxRunners }) => maxRunners },
      deploymentId,
    };
  };
};
