import { gitLabApi } from "../../AutoScaler/src/adapters/gitlab/api";
import type { GitLabJob, GitRef } from "../../AutoScaler/src/ports";
import { gitLabContract, legacyGitLabContract } from "../../AutoScaler/src/testing/contracts/gitlab-contract";
import type { GitLabAccess } from "../../Core/configuration";
import { serveGitLab } from ".";
import { parseJobSpecs } from "./api/rest/job-specs";
import type { GitLabFeatures } from "./model/features";
import { createPipeline } from "./model/jobs";
import type { StandInJob, StandInJobStatus } from "./model/records";
import { createGitLabState, type GitLabState } from "./model/state";
import { createTag, protectedNames } from "./repository/refs";
import type { StandIn } from "./stand-in";
import { HAND_OUTS } from "./testing";

const open: StandIn[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((standIn) => standIn.close()));
});

/** Puts a job into the state as it is to be, whatever its life was. */
const insert = (state: GitLabState, wanted: Partial<GitLabJob> & { readonly id: number }): void => {
  const spec = { name: wanted.name ?? "job", tags: wanted.tags ?? [], script: ["true"] };
  const pipeline = createPipeline(state, wanted.projectId ?? 1, parseJobSpecs([spec]), wanted.ref);
  const [made] = pipeline.jobs;
  state.jobs.delete(made!.id);
  state.pending.delete(made!);
  const job: StandInJob = {
    ...made!,
    pipeline: { ...pipeline, id: wanted.pipelineId ?? pipeline.id },
    id: wanted.id,
    status: (wanted.status as StandInJobStatus) ?? "pending",
    createdAt: wanted.createdAt ?? made!.createdAt,
    startedAt: wanted.startedAt,
    finishedAt: wanted.finishedAt,
    runner: state.runners.get(wanted.runnerId ?? 0),
  };
  pipeline.jobs.splice(0, 1, job);
  state.jobs.set(job.id, job);
};

const prepare = async (mode: GitLabAccess["mode"], features: Partial<GitLabFeatures> = {}) => {
  const state = createGitLabState({}, undefined, features);
  const standIn = await serveGitLab(state);
  open.push(standIn);
  const token = mode === "verified" ? standIn.accessToken : standIn.registrationToken;
  const access = { mode, url: standIn.url, token };
  const gitLab = gitLabApi({
    access,
    refresh: async () => access,
    clock: { now: Date.now, sleep: async () => undefined },
  });
  const addJob = (job: Parameters<typeof insert>[1]) => insert(state, job);
  const protect = (projectId: number, { name, isTag }: GitRef): void => {
    if (isTag) createTag(state, projectId, name);
    protectedNames(state, projectId)[isTag ? "tags" : "branches"].add(name);
  };
  return { gitLab, addJob, protect };
};

describe.each(HAND_OUTS)(
  "the product's own GitLab client, before a stand-in where $handOut",
  ({ features }) => {
    gitLabContract(() => prepare("verified", features));
  },
);

describe("the same with a registration token alone", () => {
  legacyGitLabContract(async () => (await prepare("payload")).gitLab);
});
