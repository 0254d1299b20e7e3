import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseFailure } from "../start/failure-input";

/** The handlers: files of this folder with an entry point; those that start runners have one in `start-function.ts`. */
const handlers = readdirSync(__dirname)
  .filter((name) => /^[a-z0-9-]+\.ts$/.test(name))
  .map((name) => [name, readFileSync(join(__dirname, name), "utf8")] as const)
  .filter(([, text]) => /export const handler = (?!startFunction)|return sendingMetrics/.test(text));

/** Each call of the log with its fields. */
const linesOf = (text: string): readonly string[] => text.match(/\blog\.(?:info|error)\([\s\S]*?\);/g) ?? [];

it("are found", () => expect(handlers.length).toBeGreaterThan(9));

it.each(handlers)("T-32: %s says in its log what came out", (_, text) => {
  const lines = linesOf(text);
  expect(lines.length).toBeGreaterThan(0);
  // The last thing before the answer, so that no way out but an error leaves without it; the workflow logs errors.
  expect(text).toMatch(
    /\blog\.(?:info|error)\([^;]*;\n\s*return [^;]*;\n\s*\};\n(?:(?:\nexport const handler = |\s*return sendingMetrics).*;\n)?(?:\};\n)?$/,
  );
  for (const line of lines) expect(line).toMatch(/"[A-Z_]+", \{[\s\S]*\b(?:outcome|outcomeFields)\b/);
});

const ROOT = join(__dirname, "../../..");

/** All code that runs in a function. */
const sources = ["AutoScaler/src", "Core", "Infrastructure/src", "LambdaShellRunner/src"]
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  )
  .filter((name) => name.endsWith(".ts") && !/\.test\.ts$|\/testing\//.test(name))
  .map((name) => [name, readFileSync(join(ROOT, name), "utf8")] as const);

/** Lines about no job: a pass, a request before its signature is known, an environment between two jobs, an item. */
const ABOUT_NO_JOB: readonly string[] = [
  "ENVIRONMENT_FOUND_USED",
  "ENVIRONMENT_NOT_CLEAN",
  "LEDGER_ITEM_UNREADABLE",
  "LOG_EVENTS_UNREADABLE",
  "OTLP_NOT_SENT",
  "PRICES_KEPT",
  "PRICES_NOT_KEPT",
  "RECONCILER_DONE",
  "USAGE_ROLLED_UP",
  "WEBHOOK_ID_NOT_KEPT",
  "WEBHOOK_ID_UNREAD",
  "WEBHOOK_NOT_PUT",
  "WEBHOOK_PUT_TWICE",
  "WEBHOOK_RECEIVED",
  "WEBHOOK_REFUSED_ALL",
  "WEBHOOK_SECRET_MISSING",
  "WEBHOOK_SECRET_UNREAD",
  "WEBHOOK_SIGNING_KEY_INVALID",
  "WEBHOOK_SIGNING_KEY_MISSING",
  "WEBHOOK_SIGNING_KEY_UNREAD",
];

/** An event that says nothing of a job has none; its line says that. */
const WITHOUT_JOB = "reason: event.skipped";

const callsOf = (text: string): readonly string[] =>
  text.match(/\blog\.(?:info|warn|error)\("[A-Z_]+"[\s\S]*?\)(?=;|,\n|\);|\n)/g) ?? [];
const codeIn = (call: string): string => /"([A-Z_]+)"/.exec(call)?.[1] ?? "";
/** By these `npx runners logs` finds a job's lines. */
const ID = /\b(?:jobId|runnerId|requestId)\b|\.\.\.(?:about|failure\.about|defined\(about)/;

const withoutId = (calls: readonly string[]): readonly string[] =>
  calls.filter((call) => !ID.test(call) && !call.includes(WITHOUT_JOB)).map(codeIn);

it("T-32: every line about a job carries an id of the job, of its runner or of its invocation", () => {
  const calls = sources.flatMap(([, text]) => callsOf(text));
  expect(calls.length).toBeGreaterThan(30); // there are about forty
  expect([...new Set(withoutId(calls))].sort()).toEqual(ABOUT_NO_JOB);
});

it("S-27: and a line without one would be seen", () => {
  expect(withoutId(['log.info("RUNNER_STARTED", { outcome })'])).toEqual(["RUNNER_STARTED"]);
});

it("a failure's line names the job or the runner and the execution, and no words of others", () => {
  const execution = "arn:aws:states:eu-west-1:111122223333:express:start:name:id";
  const of = (event: object, ran: unknown = execution) =>
    parseFailure({ event, error: { Error: "E", Cause: "" }, execution: ran }).about;
  expect(of({ build_id: 7, build_name: "jane's" })).toEqual({ jobId: 7, execution });
  expect(of({ runnerId: 9, endedJob: { id: 7 } })).toEqual({ jobId: 7, runnerId: 9, execution });
  expect(of({ runnerId: "", resourceId: "i-1", reason: "x" })).toEqual({ resourceId: "i-1", execution });
  expect(of({ resourceId: "say \u001b[2J" }, null)).toEqual({});
});
