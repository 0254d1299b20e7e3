import type { Node } from "jsonc-parser";
import type { JobEntry } from "./job-entry";

const target = ({ type, arn, className }: JobEntry): string => JSON.stringify([type, arn, className]);

const label = ({ where, name, project }: JobEntry): string =>
  `${where} (${JSON.stringify(name)}${project === undefined ? "" : ` of project ${project}`})`;

const provider = ({ type, className }: JobEntry): string =>
  className === undefined ? type : `${type} class ${JSON.stringify(className)}`;

const message = (a: JobEntry, b: JobEntry, more: number): string => {
  const tags = a.tags.length === 0 ? "no tags" : `the tags ${a.tags.join(", ")}`;
  const others = more > 0 ? ` (and ${more} more like them)` : "";
  return `${label(a)} and ${label(b)} have ${tags} but get different runners (${provider(a)}, ${provider(b)})${others}: GitLab hands a job to any runner with its tags, so they may run on each other's. Give each a tag of its own, in .gitlab-ci.yml and here`;
};

type Seen = Map<string, JobEntry>;

const other = (row: JobEntry, ...seen: readonly (Seen | undefined)[]): JobEntry | undefined =>
  seen.flatMap((each) => [...(each ?? [])]).find(([key]) => key !== target(row))?.[1];

const note = (seen: Seen, row: JobEntry): void => {
  if (!seen.has(target(row))) seen.set(target(row), row);
};

/** The first row of each target is enough to compare with, so ten thousand rows with the same tags are no burden. */
const inGroup = (rows: readonly JobEntry[]): { readonly node: Node; readonly message: string }[] => {
  const all: Seen = new Map();
  const everywhere: Seen = new Map();
  const byProject = new Map<number, Seen>();
  for (const row of rows) {
    const { project } = row;
    const met = project === undefined ? other(row, all) : other(row, everywhere, byProject.get(project));
    if (met) return [{ node: row.node, message: message(met, row, rows.length - 2) }];
    note(all, row);
    if (project === undefined) note(everywhere, row);
    else {
      const ofProject = byProject.get(project) ?? new Map<string, JobEntry>();
      note(ofProject, row);
      byProject.set(project, ofProject);
    }
  }
  return [];
};

/**
 * Job rows with the same tags and different runners, one finding a set of tags: GitLab gives a job to any
 * runner of the project whose tags contain the job's, so two such jobs may swap their runners.
 */
export const swappableRows = (
  jobs: readonly JobEntry[],
): readonly { readonly node: Node; readonly message: string }[] => {
  const bySk = new Map<string, JobEntry[]>();
  for (const job of jobs) {
    const group = bySk.get(job.sk);
    if (group) group.push(job);
    else bySk.set(job.sk, [job]);
  }
  return [...bySk.values()].flatMap(inGroup);
};
