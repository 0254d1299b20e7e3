// `npm start`: sets the clone up where it is not yet, then runs the laptop. Needs no package to begin with.
import { createRequire } from "node:module";
import { setUp } from "./setup/set-up.mjs";

try {
  await setUp();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const { register } = await import("tsx/cjs/api");
register();
createRequire(import.meta.url)("./main.ts");
