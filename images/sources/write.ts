import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMPLETED } from "./completed";
import { draw, heightOf } from "./draw";
import { WIDTH } from "./picture";
import { START } from "./start";
import { drawTerminal, terminalSize, WHY } from "./terminal";

const FOLDER = join(__dirname, "..");
const profile = mkdtempSync(join(tmpdir(), "pictures-"));

/** Twice the size, for screens that show two pixels where one was. */
const chromium = (name: string, width: number, height: number): void => {
  execFileSync("chromium", [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--force-device-scale-factor=2",
    "--hide-scrollbars",
    `--user-data-dir=${profile}`,
    `--window-size=${width},${height}`,
    `--screenshot=${join(FOLDER, `${name}.png`)}`,
    `file://${join(FOLDER, `${name}.svg`)}`,
  ]);
};

try {
  for (const picture of [START, COMPLETED]) {
    writeFileSync(join(FOLDER, `${picture.name}.svg`), draw(picture));
    chromium(picture.name, WIDTH, heightOf(picture));
  }
  const { width, height } = terminalSize(WHY);
  writeFileSync(join(FOLDER, `${WHY.name}.svg`), drawTerminal(WHY));
  chromium(WHY.name, width, height);
} finally {
  rmSync(profile, { recursive: true, force: true });
}
