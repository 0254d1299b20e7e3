import { defined } from "../../Core/defined";
import type { Fields } from "../../Core/fields";
import type { LedgerReader } from "../../Core/ledger/reader";
import type { Runner } from "../../Core/model/ledger";
import { LOST_JOB_REMEDY } from "../../Core/model/lost-job";
import { RUNNER_END_WORDS } from "../../Core/model/reason-words";
import { fieldsOf, listOf, numberOf } from "../gitlab/json";
import type { OperatorGitLab } from "../gitlab/operator-gitlab";
import { ledgerReader } from "../ledger/ledger-reader";
import { type Check, type DoctorFinding, ok, problem, warning } from "./finding";
import { MAX_PROJECTS } from "./webhooks";

const AREA = "running jobs";

interface RunningJob {
  readonly id: number;
  readonly projectId: number;
  /** Absent: GitLab shows none, its record is deleted. */
  readonly runnerId?: number;
}

const readJob = (projectId: number, job: Fields): readonly RunningJob[] => {
  const id = numberOf(job.id);
  const runnerId = numberOf(fieldsOf(job.runner).id);
  if (id === undefined) return [];
  return [{ id, projectId, ...defined({ runnerId }) }];
};

/** The runner that had the job: by GitLab's word, or else by the ledger's. Undefined: none of ours. */
const runnerOf = async (ledger: LedgerReader, job: RunningJob): Promise<Runner | undefined> => {
  if (job.runnerId !== undefined) return ledger.runner(job.runnerId);
  const last = (await ledger.attempts(job.id)).at(-1);
  const runnerId = last?.ranOnRunnerId ?? last?.runnerId;
  return runnerId === undefined ? undefined : ledger.runner(runnerId);
};

/** The list may be older than the runner's end, which follows its job's by seconds: GitLab is asked once more. */
const isStillRunning = async (gitLab: OperatorGitLab, { id, projectId }: RunningJob): Promise<boolean> => {
  const { status, body } = await gitLab.get(`/projects/${projectId}/jobs/${id}`);
  return status === 200 && fieldsOf(body).status === "running";
};

const lossOf = (job: RunningJob, runner: Runner | undefined): DoctorFinding | undefined => {
  const name = `Job ${job.id} of project ${job.projectId} is running in GitLab`;
  if (runner === undefined && job.runnerId === undefined) {
    return warning(AREA, `${name}, and its runner does not exist any more`, LOST_JOB_REMEDY);
  }
  if (runner?.state !== "GONE") return undefined;
  const why = runner.reason === undefined ? "" : ` (${RUNNER_END_WORDS[runner.reason]})`;
  return problem(AREA, `${name}, and its runner ${runner.runnerId} is gone${why}`, LOST_JOB_REMEDY);
};

const findLoss = async (
  gitLab: OperatorGitLab,
  ledger: LedgerReader,
  job: RunningJob,
): Promise<readonly DoctorFinding[]> => {
  const loss = lossOf(job, await runnerOf(ledger, job));
  return loss !== undefined && (await isStillRunning(gitLab, job)) ? [loss] : [];
};

const projectIds = async (
  gitLab: OperatorGitLab,
  wanted: readonly number[] | undefined,
): Promise<readonly number[]> => {
  if (wanted !== undefined) return wanted;
  const answer = await gitLab.get(`/projects?membership=true&per_page=${MAX_PROJECTS}&order_by=id`);
  return listOf(answer.body).flatMap(({ id }) => numberOf(id) ?? []);
};

/** Running jobs whose runner is gone: where GitLab hands jobs out as running it ends them only after an hour. */
export const checkLostJobs: Check = async ({ context, autoScaler, gitLab, projects }) => {
  if (gitLab === undefined) return [];
  const ledger = ledgerReader(context, autoScaler);
  const found: DoctorFinding[] = [];
  for (const id of await projectIds(gitLab, projects)) {
    const { status, body } = await gitLab.get(`/projects/${id}/jobs?scope[]=running&per_page=100`);
    // Projects that cannot be read are the reconciler's findings.
    if (status !== 200) continue;
    const jobs = listOf(body).flatMap((job) => readJob(id, job));
    found.push(...(await Promise.all(jobs.map((job) => findLoss(gitLab, ledger, job)))).flat());
  }
  return found.length > 0 ? found : [ok(AREA, "No running job has lost its runner")];
};
