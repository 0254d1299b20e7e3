// `npm start`: sets the clone up where it is not yet, then runs the laptop. Needs no package to begin with.
import { createRequire } from "node:module";
import { setUp } from "./setup/set-up.mjs";

try {
  await setUp();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

// The lock file keeps the SDK at versions that run on this Node; what it says of later ones is of no use here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ||= "true";

const { register } = await import("tsx/cjs/api");
register();
createRequire(import.meta.url)("./command/main.ts");
