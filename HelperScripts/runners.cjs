#!/usr/bin/env node
// Runs the TypeScript sources as they are: a clone needs no build.
require("tsx/cjs/api").register();
require("./cli.ts");
