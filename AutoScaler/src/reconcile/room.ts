import { LAMBDA, projectScope, STACK } from "../../../Core/ledger/keys";
import type { OrderedAttempt } from "../../../Core/model/ledger";
import { classKey, type RunnerClass } from "../../../Core/model/runner-class";
import { CLASS_SORT_KEY, classRowKey } from "../../../Core/routing/mapping-keys";
import { isBad, parseClassRow } from "../../../Core/routing/mapping-row";
import type { RoutingSettings } from "../../../Core/routing/routing";
import type { Dependencies } from "../dependencies";
import { isLimited, type LimitedProvider } from "../launch-rate/launch-rate";
import { sum } from "../limits/slots";
import type { SlotCounters } from "../ports";
import { CountersRead } from "../queue/slot-check";
import type { Part } from "./parts";

/** RoomLeft that is left, counted down as jobs are dispatched. */
export interface RoomLeft {
  /** By scope; one that is not named has no limit. */
  readonly left: Map<string, number>;
  /** Reservations for launches that are dispatched together; Infinity while nobody waits for one. */
  readonly launches: Record<LimitedProvider, number>;
}

type RoomDependencies = Pick<Dependencies, "ledger" | "mappings">;

/** A class's limit as the mapping says now: those that wait know the one of their last look-up. */
const limitOf = async (
  { mappings }: RoomDependencies,
  settings: RoutingSettings,
  { name, type, maxRunners }: RunnerClass,
): Promise<number> => {
  const byDefault = settings.defaults[type].maxRunners;
  if (name === "default") return byDefault;
  const row = (await mappings.rows(classRowKey(name))).find(({ sk }) => sk === CLASS_SORT_KEY);
  const fields = row === undefined || "staged" in row ? undefined : parseClassRow(row);
  return fields === undefined || isBad(fields) ? maxRunners : (fields.maxRunners ?? byDefault);
};

/** Counters of which nothing is known: they allow nobody. */
const UNREAD: SlotCounters = { taken: [], limit: 0 };

const projectsOf = (waiting: readonly OrderedAttempt[]): readonly number[] => [
  ...new Set(waiting.map(({ order }) => order.projectId)),
];

/**
 * What each limit leaves for those that wait. One that cannot be read leaves nothing, for those alone whom it limits (I-24):
 * of a class's row that cannot be read counts the limit that its jobs know.
 */
export const readRoom = async (
  dependencies: RoomDependencies,
  settings: RoutingSettings,
  waiting: readonly OrderedAttempt[],
  launches: RoomLeft["launches"],
  part: Part,
): Promise<RoomLeft> => {
  const counters = new CountersRead(dependencies.ledger);
  const classes = new Map(waiting.map(({ classKey, order }) => [classKey, order.runnerClass]));
  const rowLimit = (key: string, each: RunnerClass): Promise<number> =>
    part("queue", each.maxRunners, () => limitOf(dependencies, settings, each), key);
  const limits: (readonly [string, number | Promise<number>])[] = [
    [STACK, settings.maxRunners],
    ...[...classes].map(([key, each]) => [key, rowLimit(key, each)] as const),
  ];
  const { maxRunnersPerProject } = settings;
  if (maxRunnersPerProject !== undefined)
    for (const id of projectsOf(waiting)) limits.push([projectScope(id), maxRunnersPerProject]);
  const { limit: ofLambda = settings.maxRunners } = await part(
    "queue",
    UNREAD,
    () => counters.slots(STACK),
    STACK,
  );
  if (ofLambda < settings.maxRunners) limits.push([LAMBDA, ofLambda]);
  const leftOf = async (scope: string, limit: number | Promise<number>): Promise<number> =>
    (await limit) - sum((await counters.slots(scope)).taken);
  const left = await Promise.all(
    limits.map(
      async ([scope, limit]): Promise<[string, number]> => [
        scope,
        await part("queue", 0, () => leftOf(scope, limit), scope),
      ],
    ),
  );
  return { left: new Map(left), launches };
};

/** Takes the room that a job needs. False: there is none. */
export const take = (room: RoomLeft, { order }: OrderedAttempt): boolean => {
  const { type } = order.runnerClass;
  const limited = isLimited(type) ? type : undefined;
  const scopes = [
    STACK,
    classKey(order.runnerClass),
    projectScope(order.projectId),
    ...(type === "LAMBDA" ? [LAMBDA] : []),
  ];
  const counted = scopes.filter((scope) => room.left.has(scope));
  if (counted.some((scope) => (room.left.get(scope) ?? 0) <= 0)) return false;
  if (limited && room.launches[limited] <= 0) return false;
  for (const scope of counted) room.left.set(scope, (room.left.get(scope) ?? 0) - 1);
  if (limited) room.launches[limited] -= 1;
  return true;
};
