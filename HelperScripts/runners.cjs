#!/usr/bin/env node
// Runs the TypeScript sources as they are: a clone needs no build, but its packages.
const { dirname } = require("node:path");

try {
  require.resolve("tsx/cjs/api");
} catch {
  const clone = dirname(__dirname);
  process.stderr.write(
    `The Node packages are not installed in ${clone}: run npm ci there once, then the same command again.\n`,
  );
  process.exit(1);
}
require("tsx/cjs/api").register();
require("./cli.ts");
