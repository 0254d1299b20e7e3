// `npm run deploy` and `npm run undeploy`: installs the packages where there are none, then runs the command line.
// This file needs no installed packages.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const CLONE = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

if (!existsSync(join(CLONE, "node_modules", ".package-lock.json"))) {
  process.stderr.write("Installing the Node packages (npm ci) …\n");
  // No package may run a script while it is installed, and none needs to. Results alone go to stdout.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", args, { cwd: CLONE, stdio: ["ignore", 2, 2] });
  if (status !== 0) {
    process.stderr.write("npm ci failed: correct what it says above, then give the same command again.\n");
    process.exit(1);
  }
}

const { register } = await import("tsx/cjs/api");
register();
createRequire(import.meta.url)("../cli.ts");
