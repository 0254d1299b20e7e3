import type { FailingPart, PassPart } from "../../Core/ledger/pass-parts";
import { parseReconcilerState, RECONCILER_RECORD } from "../../Core/ledger/reconciler-state";
import { nextAsk, REFUSED_STATUSES, type Refusal, type Refusals } from "../../Core/ledger/refusals";
import { duration, moment, plural } from "../console/words";
import { ledgerReader } from "../ledger/ledger-reader";
import { type Check, type DoctorFinding, ok, problem, warning } from "./finding";

const AREA = "reconciler";

/** A part that failed once may succeed a minute later; one that fails so long does not pass by itself. */
const LASTING_MILLISECONDS = 5 * 60_000;

const GITLAB =
  "Check that GitLab answers and that the access token is valid; ReconcilerFunction's log has each error";
const LEDGER = "Look for throttled or refused calls to DynamoDB in ReconcilerFunction's log";
const EC2 = "Look for throttled or refused calls to EC2 in ReconcilerFunction's log";

const REMEDIES: Readonly<Record<PassPart, string>> = {
  "mapping-projects": "Look for throttled or refused calls to the mapping table in ReconcilerFunction's log",
  "seen-projects": LEDGER,
  settings: "Correct the settings in the mapping document, then: npx runners mapping upload FILE",
  membership: GITLAB,
  served: GITLAB,
  project: GITLAB,
  "single-job": GITLAB,
  records: GITLAB,
  runner: GITLAB,
  instances: EC2,
  microvms: "Look for throttled or refused calls to Lambda in ReconcilerFunction's log",
  attempt: LEDGER,
  "deleted-job": LEDGER,
  "pending-job": "Look in ReconcilerFunction's log whether the ledger or the mapping could not be read",
  account: "Look for throttled or refused calls to Lambda and DynamoDB in ReconcilerFunction's log",
  queue: "Look in ReconcilerFunction's log whether the ledger or the parameter Starts could not be read",
  "spot-pools": LEDGER,
  levels: LEDGER,
  adoption: LEDGER,
  events: "Look for throttled or refused calls to EventBridge and DynamoDB in ReconcilerFunction's log",
};

const remedyOf = (part: string): string =>
  (REMEDIES as Readonly<Record<string, string>>)[part] ?? "Look at ReconcilerFunction's log";

const failingFinding = (part: string, { since, error }: FailingPart, now: number): DoctorFinding => {
  const age = now - since;
  const sentence = `The part ${part} of the last pass failed (${error})`;
  return age < LASTING_MILLISECONDS
    ? warning(AREA, sentence, `Look again in some minutes. ${remedyOf(part)}`)
    : problem(AREA, `${sentence}, as of every pass for ${duration(age)}`, remedyOf(part));
};

const WHY: Readonly<Record<Refusal["status"], readonly [words: string, remedy: string]>> = {
  403: [
    "CI/CD may be switched off there",
    "Switch it on, give the token's user a role that may read jobs, or take the project out of the mapping and the token's user out of the project",
  ],
  404: [
    "it is gone, or the token's user is no member",
    "Make the token's user a member, or take the project out of the mapping; a project that nothing names is forgotten after a day",
  ],
};

const MAX_NAMED = 10;

const namesOf = (refused: readonly (readonly [string, Refusal])[]): string => {
  const named = refused.slice(0, MAX_NAMED).map(([id, { since }]) => `${id} (since ${moment(since)})`);
  const more = refused.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
};

const refusalFindings = (refusals: Refusals): readonly DoctorFinding[] =>
  REFUSED_STATUSES.flatMap((status) => {
    const refused = Object.entries(refusals).filter(([, refusal]) => refusal.status === status);
    if (refused.length === 0) return [];
    const [words, remedy] = WHY[status];
    const next = Math.min(...refused.map(([, refusal]) => nextAsk(refusal)));
    const projects = plural(refused.length, "project refuses", "projects refuse");
    const sentence = `${projects} the list of jobs (${status}: ${words}): ${namesOf(refused)}; the next is asked at ${moment(next)} UTC`;
    return [warning(AREA, sentence, remedy)];
  });

/** What the last pass could not do, and the projects that do not let it look. */
export const checkPass: Check = async ({ context, autoScaler }) => {
  const record = await ledgerReader(context, autoScaler).stateRecord(RECONCILER_RECORD);
  const { failing, refusals, doneAt } = parseReconcilerState(record);
  const now = context.now();
  const failed = Object.entries(failing).map(([part, each]) => failingFinding(part, each, now));
  const found = [...failed, ...refusalFindings(refusals)];
  if (found.length > 0) return found;
  return doneAt === 0 ? [] : [ok(AREA, `The last pass did all its parts (${duration(now - doneAt)} ago)`)];
};
