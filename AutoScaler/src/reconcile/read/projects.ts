import type { ReconcilerState } from "../../../../Core/ledger/reconciler-state";
import { isGone } from "../../../../Core/ledger/refusals";
import type { Time } from "../../../../Core/model/ledger";
import type { SeenProjects } from "../../ledger/seen-projects";
import type { GitLab } from "../../ports";
import type { Budget } from "../budget";
import type { Part } from "../parts";
import { type JobsDependencies, type JobsRead, pages } from "./jobs";

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
}

const stamped = (ids: Iterable<number>, time: Time): [string, Time][] =>
  [...ids].map((id) => [String(id), time]);

/** Lists the token's projects. Ids read before a failed page are kept; the next pass reads the list again. */
const readMembership = async (gitLab: GitLab, calls: Budget, part: Part) => {
  const ids: number[] = [];
  const isRead = await part("membership", false, async () => {
    await pages(async (cursor) => {
      const page = await gitLab.projectIds(cursor);
      ids.push(...page.items);
      return page;
    }, calls);
    return true;
  });
  return { ids, isRead };
};

/**
 * The projects to ask: those with open items, those of the last 30 days, those whose jobs were just seen,
 * those that the mapping names, and those that the token is a member of. The last two are read again every
 * ten minutes. A source that fails does not remove the projects of the others (I-24).
 */
export const readProjects = async (
  { gitLab, clock }: JobsDependencies,
  state: ReconcilerState,
  { withOpenItems, seen, ofMapping }: Naming,
  calls: Budget,
  part: Part,
): Promise<Pick<JobsRead, "projects" | "projectsReadAt">> => {
  const now = clock.now();
  const seenLately = [...seen].map(([id, time]): [string, Time] => [String(id), time]);
  const known = Object.fromEntries([...kept(state, now, seenLately), ...stamped(withOpenItems, now)]);
  const age = now - state.projectsReadAt;
  if (age >= 0 && age < MEMBERSHIP_EVERY_MILLISECONDS)
    return { projects: known, projectsReadAt: state.projectsReadAt };
  const named = await part("mapping-projects", [], ofMapping);
  const { ids, isRead } = await readMembership(gitLab, calls, part);
  const member = stamped([...named, ...ids], now);
  return {
    projects: { ...known, ...Object.fromEntries(member) },
    projectsReadAt: isRead ? now : state.projectsReadAt,
  };
};
