// `npm start`: sets the clone up if necessary, then runs the laptop. This file needs no installed packages.
// First: jobs run as the same user.
import "./process/no-inspector.mjs";
import { createRequire } from "node:module";
import { setUp } from "./setup/set-up.mjs";

try {
  await setUp();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

// The locked versions of the AWS SDK run on this Node. Their warning about later versions does not help here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ||= "true";

const { register } = await import("tsx/cjs/api");
register();
createRequire(import.meta.url)("./command/main.ts");
