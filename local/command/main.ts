import { parseOptions } from "./options";

/** `npm start` after its set-up. What is asked wrongly is answered before anything is loaded that takes time. */
const main = async (): Promise<void> => {
  const parsed = parseOptions(process.argv.slice(2));
  if ("text" in parsed) {
    (parsed.exitCode === 0 ? process.stdout : process.stderr).write(parsed.text);
    process.exitCode = parsed.exitCode;
    return;
  }
  // By require: only that finds TypeScript here.
  const { run } = require("./run") as typeof import("./run");
  await run(parsed.options);
};

void main();
