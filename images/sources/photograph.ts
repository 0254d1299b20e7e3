import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, type Page } from "playwright-core";
import { uploadSampleMapping } from "../../local/command/sample-mapping";
import { startLaptop } from "../../local/laptop/laptop";

/**
 * Photographs the laptop's page while a pipeline runs on it, and its dashboard some minutes later.
 *
 *   npx tsx images/sources/photograph.ts
 */
const PIPELINE = `stages: [test, build, deploy]

unit tests:
  stage: test
  tags: [lambda]
  parallel: 2
  script: ./run part $CI_NODE_INDEX || sleep 2

lint:
  stage: test
  allow_failure: true
  script: exit 1

image build:
  stage: build
  tags: [docker]
  image: docker:29
  script: [echo built, sleep 4]

deploy:
  stage: deploy
  when: manual
  script: echo deployed
`;
const WIDTH = 1180;
const HEIGHT = 900;
/** Pipelines one after another, for the dashboard: the last ends before the photograph. */
const MORE_PIPELINES = 6;
const PAUSE_MS = 20_000;

const photographDashboard = async (page: Page): Promise<void> => {
  for (let count = 0; count < MORE_PIPELINES; count += 1) {
    await page.getByRole("button", { name: "Run these jobs" }).click();
    await sleep(PAUSE_MS);
  }
  await page.locator("#dashboard").screenshot({ path: join(__dirname, "../dashboard.png") });
};

const photograph = async (url: string): Promise<void> => {
  const profile = mkdtempSync(join(tmpdir(), "photograph-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    viewport: { width: WIDTH, height: HEIGHT },
    colorScheme: "light",
  });
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByLabel("Your .gitlab-ci.yml").fill(PIPELINE);
  await page.getByRole("button", { name: "Run these jobs" }).click();
  const row = page.locator("li.job").filter({ hasText: "image build" });
  await row.filter({ hasText: "running" }).waitFor({ timeout: 120_000 });
  await sleep(2_000);
  await page.evaluate("scrollTo(0, 0)");
  await page.screenshot({ path: join(__dirname, "../page.png") });
  await photographDashboard(page);
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
};

const main = async (): Promise<void> => {
  const laptop = await startLaptop();
  try {
    await uploadSampleMapping(laptop);
    await photograph(laptop.gitlabUrl);
  } finally {
    await laptop.close();
  }
};

void main();
