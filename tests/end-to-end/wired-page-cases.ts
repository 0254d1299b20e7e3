import { describeWith } from "../needs";
import { browserPath, errorsOf, figureOf, jobRow, openBrowser, sees } from "./browser";
import type { TestLaptop } from "./engine";

const RUNS_MS = 90_000;

/** The page with the application behind it: what it shows comes from GitLab's stand-in, the ledger and EC2. */
export const wiredPageCases = (get: () => TestLaptop): void => {
  const describeInBrowser = describeWith(
    browserPath !== undefined,
    "no Chromium (set CHROMIUM, or install chromium)",
  );

  describeInBrowser("the laptop's page, in Chromium", () => {
    let browser: Awaited<ReturnType<typeof openBrowser>>;
    beforeAll(async () => {
      browser = await openBrowser();
    }, 60_000);
    afterAll(() => browser?.close());

    it("shows jobs as they appear, run on Lambda and EC2 and end, and that nothing is left, without an error", async () => {
      const { laptop } = get();
      const page = await browser.context.newPage();
      const errors = errorsOf(page);
      const addresses = new Set<string>();
      page.on("request", (request) => addresses.add(new URL(request.url()).origin));
      await page.goto(laptop.gitlabUrl);
      await page.getByLabel("Your .gitlab-ci.yml").fill(
        JSON.stringify([
          { name: "seen on Lambda", script: ["echo shown by Lambda", "sleep 3"] },
          { name: "image build", tags: ["docker"], script: ["echo shown by EC2", "sleep 3"] },
        ]),
      );
      await page.getByRole("button", { name: "Run these jobs" }).click();
      const expected = [
        ["seen on Lambda", "Lambda", "shown by Lambda"],
        ["image build", "EC2", "shown by EC2"],
      ] as const;
      const pipeline = page.locator("article.pipeline").filter({ hasText: "seen on Lambda" });
      // Each row in its own time.
      await Promise.all(
        expected.map(async ([name, provider, log]) => {
          const row = jobRow(page, name, pipeline);
          await sees(row, "running", RUNS_MS);
          await sees(row, "success", RUNS_MS);
          await sees(row, provider, RUNS_MS);
          await row.locator("summary").click();
          await sees(row.locator("dl.steps"), "LAUNCHED");
          await sees(row.locator("pre.log"), log);
        }),
      );
      await sees(figureOf(page, "Remaining resources"), "none", RUNS_MS);
      // Of the dashboard's first widget, which counts jobs: from the template's line to what the functions put.
      const came = page.locator("section.widget").filter({ hasText: "got no runner" }).locator("polyline");
      const heights = ((await came.first().getAttribute("points")) ?? "")
        .split(" ")
        .map((point) => point.split(",")[1]);
      // Above the line of nothing, at which most of the ten minutes are.
      expect(new Set(heights).size).toBeGreaterThan(1);
      expect(errors).toEqual([]);
      expect([...addresses]).toEqual([new URL(laptop.gitlabUrl).origin]);
      await page.close();
    }, 200_000);
  });
};
