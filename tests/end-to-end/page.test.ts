import type { Locator, Page } from "playwright-core";
import {
  type DashboardView,
  type LaptopJob,
  type MappingLine,
  type StandIn,
  startGitLab,
} from "../../local/gitlab";
import { call, newRunner, restOf, runnerProcess } from "../../local/gitlab/testing";
import { describeWith } from "../needs";
import { browserPath, figureOf, jobRow, openBrowser, sees } from "./browser";

const HOSTILE = `<img src=x onerror="window.owned=1">\u202e <script>window.owned=1</script>`;

const describeInBrowser = describeWith(
  browserPath !== undefined,
  "no Chromium (set CHROMIUM, or install chromium)",
);

describeInBrowser("the page of the GitLab stand-in, in Chromium", () => {
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let gitlab: StandIn;
  let page: Page;
  let requests: string[];
  let errors: string[];
  let laptopJobs: LaptopJob[];
  let mapping: MappingLine[];
  let dashboard: DashboardView | undefined;
  let remaining: { runners: number; instances: number; microVms: number; ledger: number };

  beforeAll(async () => {
    browser = await openBrowser();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    gitlab = await startGitLab();
    laptopJobs = [];
    mapping = [];
    dashboard = undefined;
    remaining = { runners: 0, instances: 0, microVms: 0, ledger: 0 };
    gitlab.setLaptopStatus(async () => ({
      jobs: laptopJobs,
      remaining,
      mapping,
      ...(dashboard && { dashboard }),
    }));
    page = await browser.context.newPage();
    requests = [];
    errors = [];
    // Not the console's: a browser shows there each answer with an error's status, which some of these tests provoke.
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(gitlab.url);
  }, 30_000);

  afterEach(async () => {
    await page.close();
    await gitlab.close();
    expect(errors).toEqual([]);
  });

  const row = (name: string): Locator => jobRow(page, name);
  const figure = (name: string): Locator => figureOf(page, name);

  /** A runner takes the job, writes a log and reports the result. */
  const runJob = async (tags: readonly string[], log: string, state: string): Promise<void> => {
    const record = await newRunner(gitlab, 1, { tag_list: tags, run_untagged: tags.length === 0 });
    const runner = runnerProcess(gitlab, record.token);
    const job = (await runner.ask()).body;
    await runner.put(job, "running");
    await runner.write(job, 0, log);
    await runner.put(job, state, { failure_reason: "script_failure" });
    await restOf(gitlab)("DELETE", `/runners/${record.id}`);
  };

  it("runs the sample pipeline and shows its six jobs, the cancelled one as canceled", async () => {
    await page.getByRole("button", { name: "Run the sample pipeline" }).click();
    await sees(row("deploy"), "canceled");
    expect(await page.locator("li.job").count()).toBe(6);
    await sees(row("hello"), "pending");
    await sees(figure("Waiting"), "5");
  }, 30_000);

  it("shows a job's states, its provider, its steps and the end of its log, live", async () => {
    const [job] = gitlab.createPipeline(1, [{ name: "unit tests", tags: ["lambda"], script: ["true"] }]);
    await sees(row("unit tests"), "pending");
    const at = job?.createdAt ?? 0;
    laptopJobs = [{ jobId: job?.id ?? 0, provider: "LAMBDA", steps: [{ name: "launched", at: at + 1 }] }];
    await runJob(["lambda"], "line one\n\u001b[32;1mline two\u001b[0m\n", "success");
    await sees(row("unit tests"), "success");
    await sees(row("unit tests"), "Lambda");
    await row("unit tests").locator("summary").click();
    await sees(row("unit tests").locator("dl.steps"), "launched");
    expect(await row("unit tests").locator("pre.log").textContent()).toBe("line one\nline two");
    await row("unit tests").getByRole("button", { name: "Whole log" }).click();
    await sees(row("unit tests").locator("pre.log"), "line two");
  }, 30_000);

  it("shows the remaining resources, and none after a complete cleanup", async () => {
    remaining = { runners: 1, instances: 2, microVms: 1, ledger: 3 };
    await sees(
      figure("Remaining resources"),
      "runner records 1, instances 2, MicroVMs 1, open ledger items 3",
    );
    remaining = { runners: 0, instances: 0, microVms: 0, ledger: 0 };
    await sees(figure("Remaining resources"), "none");
  }, 30_000);

  it("F-60 F-62: shows hostile names, tags and logs as text: no script runs and nothing is loaded", async () => {
    gitlab.createPipeline(1, [{ name: HOSTILE, tags: [HOSTILE], script: ["false"] }]);
    await runJob([HOSTILE], `${HOSTILE}\n`, "failed");
    const shown = page.locator("li.job");
    await sees(shown, "failed");
    expect(await shown.locator(".name").textContent()).toBe(HOSTILE.replace("\u202e", "\\u202e"));
    expect(await shown.locator("pre.log").textContent()).toContain("<script>");
    expect(await page.locator("main img, main script").count()).toBe(0);
    expect(await page.evaluate("window.owned")).toBeUndefined();
  }, 30_000);

  it("runs jobs from its editor, and says what is wrong with them", async () => {
    const editor = page.getByLabel("Your .gitlab-ci.yml");
    await editor.fill("{ no json");
    await page.getByRole("button", { name: "Run these jobs" }).click();
    await sees(page.getByRole("alert"), "at line 1");
    await editor.fill('[{"name":"mine"}]');
    await page.getByRole("button", { name: "Run these jobs" }).click();
    await sees(page.getByRole("alert"), "script must be a list of commands");
    await editor.fill('[{"name":"mine","script":["true"]}]');
    await page.getByLabel("Project").fill("77");
    await page.getByRole("button", { name: "Run these jobs" }).click();
    await sees(row("mine"), "pending");
    expect(gitlab.jobs()).toMatchObject([{ name: "mine", projectId: 77 }]);
    expect(await page.getByRole("alert").textContent()).toBe("");
  }, 30_000);

  it("runs a pasted .gitlab-ci.yml, shows what it says of each job and what was left out", async () => {
    await page.getByLabel("Your .gitlab-ci.yml").fill(`
stages: [build, test]
compile: { stage: build, tags: [docker], image: "golang:1.24", script: [make all] }
early: { stage: test, needs: [], parallel: 2, script: ["true"], artifacts: {} }
ship: { stage: test, needs: [compile], when: manual, script: ["true"] }
`);
    await page.getByRole("button", { name: "Run these jobs" }).click();
    await sees(row("compile"), "build · image golang:1.24");
    await sees(row("early 2/2"), "pending");
    await sees(row("ship"), "needs compile");
    await sees(page.locator("#editor-notes"), "early: artifacts are not stored");
    await row("compile").locator("summary").click();
    await sees(row("compile").locator("pre.script"), "$ make all");
    await runJob(["docker"], "", "success");
    await row("ship").getByRole("button", { name: "Play ship" }).click();
    await sees(row("ship"), "pending");
  }, 30_000);

  it("shows an allowed failure as a warning, and what a job waits for without a click", async () => {
    const [lint, slow] = gitlab.createPipeline(1, [
      { name: "lint", tags: ["a"], script: ["false"], allow_failure: true },
      { name: "slow", tags: ["b"], script: ["true"] },
    ]);
    laptopJobs = [
      { jobId: lint!.id, cost: 0.00123 },
      { jobId: slow!.id, account: "Waits for a slot of class big." },
    ];
    await runJob(["a"], "", "failed");
    await sees(row("lint"), "failed, allowed");
    await sees(row("lint"), "$0.0012");
    await sees(figure("Cost so far"), "$0.0012");
    expect(await row("slow").locator(".reason").isVisible()).toBe(true);
    await sees(row("slow"), "Waits for a slot of class big.");
  }, 30_000);

  it("shows the mapping as a table, and says where there is none", async () => {
    await sees(page.locator("#mapping-note"), "Nothing is mapped yet");
    mapping = [{ job: "build", tags: ["docker"], runner: "EC2, big" }];
    await sees(page.locator("#mapping tbody"), "EC2, big");
    expect(await page.locator("#mapping tbody td").allTextContents()).toEqual([
      "build",
      "docker",
      "EC2, big",
    ]);
  }, 30_000);

  it("opens the address that GitLab gives a job, at that job", async () => {
    const [job] = gitlab.createPipeline(1, [{ name: "linked", script: ["true"] }]);
    const { web_url: address } = (await restOf(gitlab)("GET", `/projects/1/jobs/${job!.id}`)).body;
    await page.goto(address);
    await sees(row("linked"), "pending");
    expect(await row("linked").locator("details").getAttribute("open")).toBe("");
  }, 30_000);

  it("cancels one job and a whole pipeline", async () => {
    gitlab.createPipeline(1, [
      { name: "one", script: ["true"] },
      { name: "two", script: ["true"] },
      { name: "three", script: ["true"] },
    ]);
    await page.getByRole("button", { name: "Cancel one", exact: true }).click();
    await sees(row("one"), "canceled");
    await sees(row("two"), "pending");
    await page.getByRole("button", { name: /^Cancel all jobs/ }).click();
    await sees(row("three"), "canceled");
    expect(gitlab.jobs().map(({ status }) => status)).toEqual(["canceled", "canceled", "canceled"]);
  }, 30_000);

  it("switches faults on and off", async () => {
    const lose = page.getByRole("button", { name: "Lose one webhook in ten" });
    await lose.click();
    await page.locator('.switch[aria-pressed="true"]', { hasText: "Lose one webhook" }).waitFor();
    expect(
      (await call("GET", `${gitlab.url}/_/faults`, undefined, { "PRIVATE-TOKEN": gitlab.accessToken })).body,
    ).toEqual({ lose: 0.1 });
    await page.getByRole("button", { name: "Answer 500 for 10 s" }).click();
    await sees(page.locator("#fault-state"), "GitLab answers 500");
    expect((await restOf(gitlab)("GET", "/runners")).status).toBe(500);
    await page.getByRole("button", { name: "Clear all faults" }).click();
    await sees(page.locator("#fault-state"), "GitLab works normally");
    expect((await restOf(gitlab)("GET", "/runners")).status).toBe(200);
  }, 30_000);

  it("loads nothing from elsewhere, and works with the keyboard alone", async () => {
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the pipelines");
    await page.getByRole("button", { name: "Run the sample pipeline" }).focus();
    await page.keyboard.press("Enter");
    await sees(row("hello"), "pending");
    const nameless = await page.locator("button:visible, input:visible, textarea:visible").evaluateAll(
      (all) =>
        all.filter((one) => {
          const field = one as unknown as { labels?: { length: number }; textContent: string };
          return field.textContent.trim() === "" && (field.labels?.length ?? 0) === 0;
        }).length,
    );
    expect(nameless).toBe(0);
    expect(requests.filter((url) => !url.startsWith(gitlab.url) && !url.startsWith("data:"))).toEqual([]);
  }, 30_000);

  it("shows a message when the stand-in no longer answers", async () => {
    await sees(page.locator("#connection"), "live");
    await gitlab.close();
    await sees(page.locator("#connection"), "no answer");
    gitlab = await startGitLab();
  }, 30_000);

  it("F-60: draws the dashboard's lines where there are values, with their labels as texts", async () => {
    const widgets = page.locator("section.widget");
    expect(await widgets.count()).toBe(0);
    const points = [null, 1, null, 4];
    dashboard = {
      secondsPerPoint: 10,
      widgets: [
        {
          title: "Jobs",
          lines: [
            { label: HOSTILE, points },
            { label: "none", points: [] },
          ],
        },
        { title: "Found", lines: [] },
      ],
    };
    await sees(widgets.first(), "Jobs");
    await sees(widgets.first(), "onerror");
    await sees(widgets.last(), "nothing yet");
    expect(await widgets.first().locator("polyline").first().getAttribute("points")).toBe("102,64.5 294,6");
    expect(await widgets.first().locator(".last").allTextContents()).toEqual(["4", "–"]);
    expect(await page.evaluate("window.owned")).toBeUndefined();
    dashboard = undefined;
    await page.locator("#dashboard").waitFor({ state: "hidden" });
  });
});
