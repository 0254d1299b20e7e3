import type { ReconcilerState } from "../../../../Core/ledger/reconciler-state";
import { isToBeAsked } from "../../../../Core/ledger/refusals";
import { jobOf, type Time } from "../../../../Core/model/ledger";
import type { ServedProject } from "../../../../Core/routing/served-projects";
import type { Dependencies } from "../../dependencies";
import { readSeenProjects, type SeenProjects } from "../../ledger/seen-projects";
import type { Budget } from "../budget";
import type { Part } from "../parts";
import { lastChange } from "../snapshot";
import { inTurn, type JobsRead, readJobs } from "./jobs";
import type { OpenItems } from "./ledger";
import { isKnownServed, readProjects } from "./projects";

type AskDependencies = Pick<Dependencies, "ledger" | "mappings" | "gitLab" | "clock">;

const noJobs = ({
  projects,
  members,
  membersOf,
  projectsReadAt,
  nextProject,
  refusals,
}: ReconcilerState): JobsRead => ({
  jobs: new Map(),
  listed: new Set(),
  partial: new Set(),
  projects,
  members,
  membersOf,
  projectsReadAt,
  nextProject,
  refusals,
});

/** Project and last change of each open item. Orphans have no known project. */
const itemsOf = ({ attempts, runners, waiting }: OpenItems): readonly (readonly [number, Time])[] => {
  const ofAttempts = [...attempts, ...waiting].map(
    (attempt) => [jobOf(attempt).projectId, lastChange(attempt)] as const,
  );
  const ofRunners = runners.flatMap((runner) =>
    runner.order === undefined ? [] : [[runner.order.projectId, lastChange(runner)] as const],
  );
  return [...ofAttempts, ...ofRunners];
};

const projectsOf = (open: OpenItems): ReadonlySet<number> =>
  new Set(itemsOf(open).map(([projectId]) => projectId));

/** The last time something was heard of a job of each project: from open items and from stored job events. */
const lastHeardOf = (open: OpenItems, seen: SeenProjects): ReadonlyMap<number, Time> => {
  const times = new Map(seen);
  for (const [projectId, time] of itemsOf(open))
    times.set(projectId, Math.max(times.get(projectId) ?? 0, time));
  return times;
};

/**
 * Lists the open jobs of all known and served projects that do not refuse, as far as the call budget reaches. A project
 * that is no longer served is asked while it has open items: what was started has to be ended.
 *
 * @param askedBefore projects whose jobs an earlier pass of the same minute listed
 */
export const askGitLab = async (
  dependencies: AskDependencies,
  state: ReconcilerState,
  open: OpenItems,
  served: readonly ServedProject[],
  askedBefore: ReadonlySet<number>,
  calls: Budget,
  part: Part,
): Promise<JobsRead> => {
  if (dependencies.gitLab.mode === "payload") return noJobs(state);
  const noProjects: SeenProjects = new Map();
  const seen = await part("seen-projects", noProjects, () => readSeenProjects(dependencies));
  const ofMapping = () => dependencies.mappings.projectIds();
  const withOpenItems = projectsOf(open);
  const naming = { withOpenItems, seen, ofMapping, served };
  const known = await readProjects(dependencies, state, naming, calls, part);
  const heardOf = lastHeardOf(open, seen);
  const now = dependencies.clock.now();
  // Whose job was just started was served then.
  const isOurs = (id: number): boolean =>
    withOpenItems.has(id) || seen.has(id) || isKnownServed(served, known, id);
  const ids = Object.keys(known.projects).filter(
    (id) => isOurs(Number(id)) && isToBeAsked(state.refusals[id], heardOf.get(Number(id)), now),
  );
  const inProjects = Object.entries(state.refusals).filter(([id]) => id in known.projects);
  const left = ids.map(Number).filter((id) => !askedBefore.has(id));
  const asked = inTurn(left, state.nextProject);
  return { ...known, ...(await readJobs(dependencies, asked, Object.fromEntries(inProjects), calls, part)) };
};
