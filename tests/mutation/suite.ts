import { readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * What suite Stryker's mutants: the domain's own tests in one file, since every mutant is a run of Jest and each
 * file of one loads all modules anew. Left out are those that play hundreds of jobs for each mutant.
 */
const LEFT_OUT = ["random-jobs", "kill-points", "order-of-events", "launch-rate"];

const DOMAIN = join(__dirname, "../../AutoScaler/src/domain");

const files = ["", "reconciler"].flatMap((folder) =>
  readdirSync(join(DOMAIN, folder))
    .filter((name) => name.endsWith(".test.ts") && !LEFT_OUT.includes(name.replace(".test.ts", "")))
    .map((name) => join(DOMAIN, folder, name)),
);

for (const file of [...files, join(__dirname, "../../Core/model/ledger.test.ts")]) require(file);
