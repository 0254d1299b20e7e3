import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Locator, type Page } from "playwright-core";
import { defined } from "../../Core/defined";

const onPath = (name: string): string =>
  spawnSync("which", [name], { encoding: "utf8" }).stdout?.trim() ?? "";

/** Chromium on this machine; undefined where there is none. */
export const browserPath = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  onPath("chromium"),
  onPath("google-chrome"),
]
  .filter((path) => path !== undefined && path !== "")
  .find((path) => path !== undefined && existsSync(path));

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium with a profile of its own. `close` ends it and removes the profile. */
export const openBrowser = async () => {
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  const context = await chromium.launchPersistentContext(folder, {
    ...defined({ executablePath: browserPath }),
    args: FLAGS,
    colorScheme: "light",
  });
  const close = async (): Promise<void> => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { context, close };
};

/** What a page tells of errors: exceptions, and what the console shows as an error. */
export const errorsOf = (page: Page): string[] => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  return errors;
};

/** The row of a job, on the page or in one of its pipelines. */
export const jobRow = (page: Page, name: string, within: Page | Locator = page): Locator =>
  within.locator("li.job").filter({ has: page.locator(".name", { hasText: name }) });

export const figureOf = (page: Page, name: string): Locator =>
  page.locator(".figure").filter({ hasText: name });

/** Expects the text to come. */
export const sees = async (locator: Locator, text: string, timeout = 10_000): Promise<void> => {
  const shown = locator.filter({ hasText: text }).first().waitFor({ timeout });
  await expect(shown).resolves.toBeUndefined();
};
