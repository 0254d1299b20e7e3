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

/** Those of before and those that were seen lately, by the later time of both. */
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

/** What else names projects: the mapping, and the jobs that were seen lately. */
export interface Naming {
  readonly withOpenItems: ReadonlySet<number>;
  readonly seen: SeenProjects;
  readonly ofMapping: () => Promise<readonly number[]>;
}

const stamped = (ids: Iterable<number>, time: Time): [string, Time][] =>
  [...ids].map((id) => [String(id), time]);

/** Ids that were read before a page failed count; the list is then read again in the next pass. */
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
 * Which projects are asked: those with open items, those of the last 30 days, those whose jobs were just seen, those
 * that the mapping names and those that the token is a member of; the last two are read anew every ten minutes. What
 * cannot be read leaves the others as they are known (I-24).
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
