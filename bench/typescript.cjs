// Runs a TypeScript file: `node bench/typescript.cjs FILE …`. For long runs: tsx gives every function its name anew
// whenever one is made, and that takes a third of a simulation's time.
const { transformSync } = require("esbuild");
const { readFileSync } = require("node:fs");
const { resolve } = require("node:path");

require.extensions[".ts"] = (module, path) => {
  const options = { loader: "ts", format: "cjs", target: "node20", sourcemap: "inline", sourcefile: path };
  module._compile(transformSync(readFileSync(path, "utf8"), options).code, path);
};

process.setSourceMapsEnabled(true);
process.argv.splice(1, 1);
require(resolve(process.argv[1]));
