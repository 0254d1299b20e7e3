import { readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * The tests that Stryker runs for each mutant: those of AutoScaler's rules and of Core. They are in one file,
 * since each mutant is a run of Jest, which loads all modules again for each file. Tests with hundreds of jobs are
 * left out. Those of DynamoDB's adapters are the tests of Core's ledger.
 */
const LEFT_OUT = ["random-jobs", "kill-points", "order-of-events", "launch-rate"];
const ALL = [
  "AutoScaler/tests",
  ...[
    "start",
    "pickup",
    "stop",
    "reconcile",
    "queue",
    "launch-rate",
    "limits",
    "ledger",
    "hints",
    "spot",
    "usage",
    "waits",
    "pricing",
    "adapters/dynamodb",
  ].map((room) => `AutoScaler/src/${room}`),
  "Core",
];
/** `MUTATION_TESTS` names fewer, such as `Core/queue,Core/model`: what they do not catch may be caught by the others. */
const FOLDERS = (process.env.MUTATION_TESTS?.split(",") ?? ALL).map((folder) =>
  join(__dirname, "../..", folder),
);

const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts") && !LEFT_OUT.some((left) => name.endsWith(`${left}.test.ts`)))
    .map((name) => join(folder, name)),
);

for (const file of files) require(file);
