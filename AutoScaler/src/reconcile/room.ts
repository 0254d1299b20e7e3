import { LAMBDA, projectScope, STACK } from "../../../Core/ledger/keys";
import type { OrderedAttempt } from "../../../Core/model/ledger";
import { classKey, type RunnerClass } from "../../../Core/model/runner-class";
import { CLASS_SORT_KEY, classRowKey } from "../../../Core/routing/mapping-keys";
import { isBad, parseClassRow } from "../../../Core/routing/mapping-row";
import type { RoutingSettings } from "../../../Core/routing/routing";
import type { Dependencies } from "../dependencies";
import { isLimited, type LimitedProvider } from "../launch-rate/launch-rate";
import { sum } from "../limits/slots";
import { CountersRead } from "../queue/slot-check";

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

const projectsOf = (waiting: readonly OrderedAttempt[]): readonly number[] => [
  ...new Set(waiting.map(({ order }) => order.projectId)),
];

/** What each limit leaves for those that wait. */
export const readRoom = async (
  dependencies: RoomDependencies,
  settings: RoutingSettings,
  waiting: readonly OrderedAttempt[],
  launches: RoomLeft["launches"],
): Promise<RoomLeft> => {
  const counters = new CountersRead(dependencies.ledger);
  const classes = new Map(waiting.map(({ classKey, order }) => [classKey, order.runnerClass]));
  const limits: (readonly [string, number | Promise<number>])[] = [
    [STACK, settings.maxRunners],
    ...[...classes].map(([key, each]) => [key, limitOf(dependencies, settings, each)] as const),
  ];
  const { maxRunnersPerProject } = settings;
  if (maxRunnersPerProject !== undefined)
    for (const id of projectsOf(waiting)) limits.push([projectScope(id), maxRunnersPerProject]);
  const { limit: ofLambda = settings.maxRunners } = await counters.slots(STACK);
  if (ofLambda < settings.maxRunners) limits.push([LAMBDA, ofLambda]);
  const left = await Promise.all(
    limits.map(
      async ([scope, limit]): Promise<[string, number]> => [
        scope,
        (await limit) - sum((await counters.slots(scope)).taken),
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
