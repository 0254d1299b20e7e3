import { readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * What judges Stryker's mutants: the domain's own tests and the simulation's short stories, in one file, since every
 * mutant is a run of Jest and each file of one loads all modules anew. Left out are those that play hundreds of lives.
 */
const LEFT_OUT = [
  "random-lives",
  "kill-points",
  "order-of-events",
  "pace",
  "scale",
  "lives",
  "lasting-failures",
];

const ROOT = join(__dirname, "../..");
const FOLDERS = ["Core", "AutoScaler/src/domain", "AutoScaler/src/domain/sweep", "tests/simulation"];
const CORE = ["ledger"];

const isJudge = (folder: string, name: string): boolean =>
  folder === "Core" ? CORE.includes(name) : !LEFT_OUT.includes(name);

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith(".test.ts") && isJudge(folder, file.replace(".test.ts", "")))
    .map((file) => join(ROOT, folder, file)),
);

for (const file of files) require(file);
