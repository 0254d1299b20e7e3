import type { ReconcilerState } from "../../../../Core/ledger/reconciler-state";
import { isGone } from "../../../../Core/ledger/refusals";
import type { Time } from "../../../../Core/model/ledger";
import { isListed, needsPath, type ServedProject } from "../../../../Core/routing/served-projects";
import type { SeenProjects } from "../../ledger/seen-projects";
import { isServed } from "../../limits/is-served";
import type { GitLab } from "../../ports";
import type { Budget } from "../budget";
import type { Part } from "../parts";
import { type JobsDependencies, pages } from "./jobs";

const MEMBERSHIP_EVERY_MILLISECONDS = 10 * 60_000;
const KEPT_MILLISECONDS = 30 * 24 * 3_600_000;

/** The stored projects and those seen lately, each with the later of both times. */
const kept = (
  { projects, refusals }: ReconcilerState,
  now: Time,
  seen: readonly [string, Time][],
): [string, Time][] => {
  const later = seen.map(([id, time]): [string, Time] => [id, Math.max(time, projects[id] ?? 0)]);
  return Object.entries({ ...projects, ...Object.fromEntries(later) }).filter(
    ([id, lastNamed]) => now - lastNamed < KEPT_MILLISECONDS && !isGone(refusals[id], lastNamed, now),
  );
};

/** Where else project ids come from: open items, jobs seen lately, and the mapping. */
export interface Naming {
  readonly withOpenItems: ReadonlySet<number>;
  readonly seen: SeenProjects;
  readonly ofMapping: () => Promise<readonly number[]>;
  /** The settings' list. */
  readonly served: readonly ServedProject[];
}

const stamped = (ids: Iterable<number>, time: Time): [string, Time][] =>
  [...ids].map((id) => [String(id), time]);

/** Projects that were read before a page failed count; the list is then read again in the next pass. */
const readMembership = async (
  gitLab: GitLab,
  served: readonly ServedProject[],
  calls: Budget,
  part: Part,
): Promise<{ readonly listed: readonly number[]; readonly isRead: boolean }> => {
  // Without a list, being a member says nothing: anybody may have made the token's user one.
  if (!served.some((entry) => typeof entry === "string")) return { listed: [], isRead: true };
  const listed: number[] = [];
  const isRead = await part("membership", false, async () => {
    await pages(async (cursor) => {
      const page = await gitLab.projects(cursor);
      for (const { id, path } of page.items) if (isListed(served, id, path)) listed.push(id);
      return page;
    }, calls);
    return true;
  });
  return { listed, isRead };
};

export type ProjectsRead = Pick<ReconcilerState, "projects" | "members" | "membersOf" | "projectsReadAt">;

const isFresh = ({ projectsReadAt, membersOf }: ReconcilerState, list: string, now: Time): boolean =>
  membersOf === list && now >= projectsReadAt && now - projectsReadAt < MEMBERSHIP_EVERY_MILLISECONDS;

/** Projects that are known and that no membership shows, as far as the calls allow: an administrator sees all. */
const listedOfOthers = async (
  gitLab: GitLab,
  served: readonly ServedProject[],
  others: readonly number[],
  before: readonly number[],
  calls: Budget,
  part: Part,
): Promise<readonly number[]> => {
  const listed: number[] = [];
  for (const id of others.filter((other) => needsPath(served, other))) {
    if (!calls.take()) break;
    const isListedNow = () => isServed({ gitLab }, served, id);
    if (await part("membership", before.includes(id), isListedNow, id)) listed.push(id);
  }
  return listed;
};

const readNamed = async (
  { gitLab, clock }: JobsDependencies,
  state: ReconcilerState,
  known: readonly number[],
  { ofMapping, served }: Naming,
  calls: Budget,
  part: Part,
): Promise<ProjectsRead> => {
  const now = clock.now();
  const named = await part("mapping-projects", [], ofMapping);
  const { listed: ofMembers, isRead } = await readMembership(gitLab, served, calls, part);
  const others = [...new Set([...named, ...known])].filter((id) => !ofMembers.includes(id));
  const listed = [
    ...ofMembers,
    ...(await listedOfOthers(gitLab, served, others, state.members, calls, part)),
  ];
  const before = isRead ? [] : state.members;
  return {
    projects: Object.fromEntries(stamped([...named, ...ofMembers], now)),
    members: [...new Set([...before, ...listed])],
    membersOf: JSON.stringify(served),
    projectsReadAt: isRead ? now : state.projectsReadAt,
  };
};

/**
 * Which projects are known: those with open items, those of the last 30 days, those whose jobs were just seen, those
 * that the mapping names and those of the token's that the settings list; the last two are read anew every ten minutes.
 * What cannot be read leaves the others as they are known (I-24).
 */
export const readProjects = async (
  dependencies: JobsDependencies,
  state: ReconcilerState,
  naming: Naming,
  calls: Budget,
  part: Part,
): Promise<ProjectsRead> => {
  const now = dependencies.clock.now();
  const seenLately = [...naming.seen].map(([id, time]): [string, Time] => [String(id), time]);
  const ofList = naming.served.filter((entry) => typeof entry === "number");
  const known = Object.fromEntries([
    ...kept(state, now, seenLately),
    ...stamped([...naming.withOpenItems, ...ofList], now),
  ]);
  const { members, membersOf, projectsReadAt } = state;
  if (isFresh(state, JSON.stringify(naming.served), now))
    return { projects: known, members, membersOf, projectsReadAt };
  const read = await readNamed(dependencies, state, Object.keys(known).map(Number), naming, calls, part);
  return { ...read, projects: { ...known, ...read.projects } };
};

/** Whether a project's jobs may be started, as far as it is known without asking. */
export const isKnownServed = (
  served: readonly ServedProject[],
  { members }: Pick<ProjectsRead, "members">,
  projectId: number,
): boolean => served.length === 0 || served.includes(projectId) || members.includes(projectId);
