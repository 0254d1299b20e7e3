import { type StandIn, startGitLab } from "../../local/gitlab";
import { limitsText, NEW_ACCOUNT } from "../../local/limits/account-limits";
import { START_MS, until } from "./engine";
import { endAllStarts, expectNothingLeft, folderOf, ready, start } from "./starts";

const PROJECT = 7;
const SECRET = "the-other-gitlabs-secret";

let gitLab: StandIn;

beforeAll(async () => {
  gitLab = await startGitLab();
});
afterAll(async () => {
  endAllStarts();
  await gitLab?.close();
});

it(
  "F-77: npm start serves a GitLab of its own address under a new account's limits, says both, runs its job and ends cleanly",
  async () => {
    const run = start(["--headless", "--new-account", "--gitlab", gitLab.url, "--webhook-token", SECRET], {
      GITLAB_ACCESS_TOKEN: gitLab.accessToken,
    });
    const line = await ready(run);
    expect([line.gitlab, line.token]).toEqual([gitLab.url, SECRET]);
    expect(run.errors()).toContain(`A new account: ${limitsText(NEW_ACCOUNT)}.`);
    expect(run.errors()).toContain(`Jobs of ${gitLab.url} will run on this machine`);
    expect(run.errors()).toContain(`  URL:          ${line.webhook}`);

    gitLab.setWebhook({ url: line.webhook, token: SECRET });
    gitLab.createPipeline(PROJECT, [{ name: "first", script: ["echo done"] }]);
    await until("the job has run and its runner is gone", START_MS, () => {
      const [job] = gitLab.jobs();
      return job?.status === "success" && gitLab.runners().length === 0;
    });
    expect(`${run.out()}${run.errors()}`).not.toContain(gitLab.accessToken);

    const folder = folderOf(run);
    run.child.kill("SIGTERM");
    expect(await run.exitCode()).toBe(0);
    await expectNothingLeft(run, folder);
  },
  3 * START_MS,
);
