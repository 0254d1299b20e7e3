import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type StandIn, startGitLab } from "../../local/gitlab";
import { newRunner, restOf } from "../../local/gitlab/testing";
import { describeWith } from "../needs";

/**
 * Other people's GitLab clients against the stand-in: it must serve more than our own code expects.
 * requirements.txt has the versions; `npm test` installs them.
 */
const PYTHON = join(__dirname, "../../.local/clients-venv/bin/python");
const PROJECT = 42;

type Given = Readonly<Record<string, unknown>>;

/** Runs a client's script. @throws Error with the script's stderr when it fails */
const drive = (script: string, given: Given): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) => {
    const child = spawn(PYTHON, [join(__dirname, script)], { timeout: 25_000 });
    let [out, err] = ["", ""];
    child.stdout.on("data", (part) => {
      out += part;
    });
    child.stderr.on("data", (part) => {
      err += part;
    });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(JSON.parse(out)) : reject(new Error(err || `exit code ${code}`)),
    );
    child.stdin.end(JSON.stringify(given));
  });

describeWith(existsSync(PYTHON), "no .local/clients-venv, which npm test makes where PyPI answers")(
  "independent clients of GitLab",
  () => {
    let gitlab: StandIn;
    beforeEach(async () => {
      gitlab = await startGitLab();
    });
    afterEach(() => gitlab.close());

    const SCRIPT = ["echo one", "echo two"];
    const pending = (...jobs: readonly { readonly name: string; readonly tags: readonly string[] }[]) =>
      gitlab.createPipeline(
        PROJECT,
        jobs.map((job) => ({ ...job, script: SCRIPT })),
      );
    const stateOf = (id: number) => gitlab.jobs().find((job) => job.id === id);

    describe("python-gitlab", () => {
      it("lists and changes projects, runners, jobs and webhooks", async () => {
        pending(...["build", "test", "deploy"].map((name) => ({ name, tags: ["python"] })));
        const { url, accessToken } = gitlab;
        const seen = await drive("with_python_gitlab.py", { url, accessToken, projectId: PROJECT });
        expect(seen).toMatchObject({
          projects: [PROJECT],
          scopes: expect.arrayContaining(["create_runner", "manage_runner", "read_api"]),
          version: expect.stringMatching(/^\d+\.\d+/),
          runner: {
            token: "glrt-",
            tags: ["a", "b"],
            paused: true,
            listed: true,
            of_project: true,
            among_all: true,
            verified: true,
            gone: true,
          },
          jobs: { names: ["build", "test", "deploy"], tags: ["python"], cancelled: "canceled", absent: true },
          webhooks: { listed: [["http://127.0.0.1:9/hook", true]], left: [] },
        });
        expect(gitlab.runners()).toEqual([]);
      });
    });

    describe("gitlab-python-runner 14.3", () => {
      it.each(["success", "failed"])(
        "takes a job with a runner token, sends log and artifacts, and ends it as %s",
        async (outcome) => {
          const [job] = pending({ name: "build", tags: ["python"] });
          const { id: runnerId, token } = await newRunner(gitlab, PROJECT, { tag_list: ["python"] });
          const given = { url: gitlab.url, runnerToken: token, outcome };
          const seen = await drive("with_gitlab_python_runner.py", given);
          expect(seen).toEqual({ job: job?.id, steps: SCRIPT, again: null });
          expect(stateOf(job?.id ?? 0)).toMatchObject({ status: outcome, runnerId });
          const { body } = await restOf(gitlab)("GET", `/projects/${PROJECT}/jobs/${job?.id}/trace`);
          expect(body).toMatch(/^first line, größer\nsecond line\n/);
          const { body: ended } = await restOf(gitlab)("GET", `/projects/${PROJECT}/jobs/${job?.id}`);
          expect(ended.artifacts).toMatchObject([{ file_type: "archive" }]);
        },
      );
      it("registers with a registration token, takes a job, and unregisters", async () => {
        const [job] = pending({ name: "build", tags: ["python"] });
        const { url, registrationToken } = gitlab;
        const given = { url, registrationToken, outcome: "success" };
        const seen = await drive("with_gitlab_python_runner.py", given);
        expect(seen).toMatchObject({ job: job?.id });
        expect([stateOf(job?.id ?? 0)?.status, gitlab.runners()]).toEqual(["success", []]);
      });
    });

    describe("gitlab-runner-api 1.0", () => {
      const jobUrl = (id: number | undefined) => `${gitlab.url}/local/project-${PROJECT}/-/jobs/${id}`;
      const ended = (job: number | undefined, outcome: string) => ({
        job,
        name: "build",
        script: SCRIPT,
        path: expect.stringMatching(/.+\/.+/),
        url: expect.stringMatching(new RegExp(`^http://.*/-/jobs/${job}$`)),
        state: outcome,
        again: null,
        unknown: true,
        over: true,
      });

      it.each(["success", "failed"])("takes a job with a runner token and ends it as %s", async (outcome) => {
        const [job] = gitlab.createPipeline(PROJECT, [{ name: "build", tags: ["api"], script: SCRIPT }]);
        const { id: runnerId, token } = await newRunner(gitlab, PROJECT, { tag_list: ["api"] });
        const given = { url: gitlab.url, runnerId, runnerToken: token, outcome };
        const seen = await drive("with_gitlab_runner_api.py", given);
        expect(seen).toEqual({ ...ended(job?.id, outcome), url: jobUrl(job?.id) });
        expect(stateOf(job?.id ?? 0)?.status).toBe(outcome);
        const { body } = await restOf(gitlab)("GET", `/projects/${PROJECT}/jobs/${job?.id}/trace`);
        expect(body).toMatch(/first line\nsecond line\n/);
      });
      it("registers with a registration token and takes a job", async () => {
        const [job] = pending({ name: "build", tags: ["api"] });
        const { url, registrationToken } = gitlab;
        const given = { url, registrationToken, outcome: "success" };
        expect(await drive("with_gitlab_runner_api.py", given)).toEqual(ended(job?.id, "success"));
      });
    });
  },
);
