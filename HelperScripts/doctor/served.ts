import { parseReconcilerState, RECONCILER_RECORD } from "../../Core/ledger/reconciler-state";
import { isListed } from "../../Core/routing/served-projects";
import { plural } from "../console/words";
import { listOf, numberOf, textOf } from "../gitlab/json";
import type { OperatorGitLab } from "../gitlab/operator-gitlab";
import { ledgerReader } from "../ledger/ledger-reader";
import { type Check, type DoctorFinding, ok, warning } from "./finding";

const AREA = "served projects";
/** Of a hundred projects each. */
const MAX_PAGES = 20;
const MAX_NAMED = 10;

interface Member {
  readonly id: number;
  readonly path: string;
}

const membersOf = async (gitLab: OperatorGitLab): Promise<readonly Member[]> => {
  const members: Member[] = [];
  let page: string | undefined = "1";
  for (let read = 0; page !== undefined && read < MAX_PAGES; read += 1) {
    const answer = await gitLab.get(
      `/projects?membership=true&simple=true&per_page=100&page=${Number(page)}`,
    );
    for (const project of listOf(answer.body))
      members.push({ id: numberOf(project.id) ?? 0, path: textOf(project.path_with_namespace) });
    page = answer.nextPage;
  }
  return members;
};

const namesOf = (members: readonly Member[]): string => {
  const named = members.slice(0, MAX_NAMED).map(({ id, path }) => (path ? `${path} (${id})` : String(id)));
  const more = members.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
};

const outside = (members: readonly Member[], why: string, remedy: string): readonly DoctorFinding[] => {
  if (members.length === 0) return [ok(AREA, "Every project that the token is a member of is served")];
  const count = plural(members.length, "project is", "projects are");
  return [
    warning(AREA, `${count} not served though the token is a member: ${namesOf(members)}. ${why}`, remedy),
  ];
};

/**
 * Projects that the token's user is a member of and whose jobs get no runner. Anybody may add a user to a project, so a
 * membership alone is no reason to run its jobs.
 */
export const checkServed: Check = async ({ context, autoScaler, settings, gitLab }) => {
  if (gitLab === undefined || settings === undefined) return [];
  const { servedProjects } = settings;
  const members = await membersOf(gitLab);
  if (servedProjects.length > 0) {
    return outside(
      members.filter(({ id, path }) => !isListed(servedProjects, id, path)),
      "The mapping's settings do not list them",
      'List them under "settings", "projects" and upload the mapping, or take the token\'s user out of them',
    );
  }
  const record = await ledgerReader(context, autoScaler).stateRecord(RECONCILER_RECORD);
  const { projects } = parseReconcilerState(record);
  const unheard = members.filter(({ id }) => projects[id] === undefined);
  const rest = unheard.length === 0 ? "" : `; nothing was heard yet of ${namesOf(unheard)}`;
  return [ok(AREA, `Projects whose webhook reaches AutoScaler are served${rest}`)];
};
