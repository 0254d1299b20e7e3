import { gitLabApi } from "../../AutoScaler/src/adapters/gitlab-api";
import { gitLabContract, legacyGitLabContract } from "../../AutoScaler/src/domain/contracts/gitlab-contract";
import type { GitLabJob } from "../../AutoScaler/src/domain/ports";
import type { GitLabAccess } from "../../Core/configuration";
import { serveWorld } from "./index";
import { parseJobSpecs } from "./job-specs";
import { createPipeline } from "./jobs";
import type { Job, Status } from "./model";
import type { StandIn } from "./stand-in";
import { createWorld, type World } from "./world";

const open: StandIn[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((standIn) => standIn.close()));
});

/** Puts a job into the world as it is to be, whatever its life was. */
const insert = (world: World, wanted: Partial<GitLabJob> & { readonly id: number }): void => {
  const spec = { name: wanted.name ?? "job", tags: wanted.tags ?? [], script: ["true"] };
  const pipeline = createPipeline(world, wanted.projectId ?? 1, parseJobSpecs([spec]));
  const [made] = pipeline.jobs;
  world.jobs.delete(made!.id);
  world.pending.delete(made!);
  const job: Job = {
    ...made!,
    id: wanted.id,
    status: (wanted.status as Status) ?? "pending",
    createdAt: wanted.createdAt ?? made!.createdAt,
    startedAt: wanted.startedAt,
    finishedAt: wanted.finishedAt,
    runner: world.runners.get(wanted.runnerId ?? 0),
  };
  pipeline.jobs.splice(0, 1, job);
  world.jobs.set(job.id, job);
};

const prepare = async (mode: GitLabAccess["mode"]) => {
  const world = createWorld();
  const standIn = await serveWorld(world);
  open.push(standIn);
  const token = mode === "verified" ? standIn.accessToken : standIn.registrationToken;
  const access = { mode, url: standIn.url, token };
  const gitLab = gitLabApi({
    access,
    refresh: async () => access,
    clock: { now: Date.now, sleep: async () => undefined },
  });
  const addJob = (job: Parameters<typeof insert>[1]) => insert(world, job);
  return { gitLab, addJob };
};

describe("the product's own GitLab client, before the stand-in", () => {
  gitLabContract(() => prepare("verified"));
});

describe("the same with a registration token alone", () => {
  legacyGitLabContract(async () => (await prepare("payload")).gitLab);
});
