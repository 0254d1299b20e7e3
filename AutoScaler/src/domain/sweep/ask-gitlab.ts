import type { Time } from "../../../../Core/ledger";
import { readSeenProjects, type SeenProjects } from "../seen-projects";
import type { World } from "../world";
import type { Budget } from "./budget";
import { type Look, lastChange } from "./look";
import type { SweepState } from "./note";
import type { Part } from "./parts";
import { inTurn, type JobsRead, readJobs } from "./read-jobs";
import { readProjects } from "./read-projects";
import { isToBeAsked } from "./refusals";

type AskWorld = Pick<World, "ledger" | "mappings" | "gitLab" | "clock">;
type Open = Pick<Look, "attempts" | "runners" | "waiting">;

const noJobs = ({ projects, projectsReadAt, nextProject, refusals }: SweepState): JobsRead => ({
  jobs: new Map(),
  listed: new Set(),
  partial: new Set(),
  projects,
  projectsReadAt,
  nextProject,
  refusals,
});

const projectsOf = ({ attempts, runners, waiting }: Open): ReadonlySet<number> => {
  const items = [...attempts, ...runners, ...waiting];
  return new Set(items.map(({ order }) => order.projectId).filter((id) => id > 0));
};

/** When a job of each project was last heard of, by the open items and by what was noted of jobs that came and went. */
const lastHeardOf = ({ attempts, runners, waiting }: Open, seen: SeenProjects): ReadonlyMap<number, Time> => {
  const times = new Map(seen);
  for (const item of [...attempts, ...runners, ...waiting]) {
    const { projectId } = item.order;
    times.set(projectId, Math.max(times.get(projectId) ?? 0, lastChange(item)));
  }
  return times;
};

/** The open jobs of all projects that are known and do not refuse, as many as the calls allow. */
export const askGitLab = async (
  world: AskWorld,
  state: SweepState,
  open: Open,
  calls: Budget,
  part: Part,
): Promise<JobsRead> => {
  if (world.gitLab.mode === "payload") return noJobs(state);
  const noProjects: SeenProjects = new Map();
  const seen = await part("seen-projects", noProjects, () => readSeenProjects(world));
  const ofMapping = () => world.mappings.projectIds();
  const naming = { withOpenItems: projectsOf(open), seen, ofMapping };
  const known = await readProjects(world, state, naming, calls, part);
  const heardOf = lastHeardOf(open, seen);
  const now = world.clock.now();
  const ids = Object.keys(known.projects).filter((id) =>
    isToBeAsked(state.refusals[id], heardOf.get(Number(id)), now),
  );
  const inProjects = Object.entries(state.refusals).filter(([id]) => id in known.projects);
  const asked = inTurn(ids.map(Number), state.nextProject);
  return { ...known, ...(await readJobs(world, asked, Object.fromEntries(inProjects), calls, part)) };
};
