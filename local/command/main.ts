import { parseOptions } from "./options";

/** `npm start` after its set-up. Wrong options are reported before any slow module is loaded. */
const main = async (): Promise<void> => {
  const parsed = parseOptions(process.argv.slice(2));
  if ("text" in parsed) {
    (parsed.exitCode === 0 ? process.stdout : process.stderr).write(parsed.text);
    process.exitCode = parsed.exitCode;
    return;
  }
  // `require`, since the TypeScript loader is registered for CommonJS alone.
  const { run } = require("./run") as typeof import("./run");
  await run(parsed.options);
};

void main();
