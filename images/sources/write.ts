import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMPLETED } from "./completed";
import { draw, heightOf } from "./draw";
import { type Picture, WIDTH } from "./picture";
import { START } from "./start";

const FOLDER = join(__dirname, "..");

/** Twice the size, for screens that show two pixels where one was. */
const chromium = (picture: Picture, profile: string): void => {
  execFileSync("chromium", [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--force-device-scale-factor=2",
    "--hide-scrollbars",
    `--user-data-dir=${profile}`,
    `--window-size=${WIDTH},${heightOf(picture)}`,
    `--screenshot=${join(FOLDER, `${picture.name}.png`)}`,
    `file://${join(FOLDER, `${picture.name}.svg`)}`,
  ]);
};

const profile = mkdtempSync(join(tmpdir(), "pictures-"));
try {
  for (const picture of [START, COMPLETED]) {
    writeFileSync(join(FOLDER, `${picture.name}.svg`), draw(picture));
    chromium(picture, profile);
  }
} finally {
  rmSync(profile, { recursive: true, force: true });
}
