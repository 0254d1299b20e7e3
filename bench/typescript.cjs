// Runs a TypeScript file: `node bench/typescript.cjs FILE …`. For long runs: tsx gives every function its name anew
// whenever one is made, and an import between two modules is a getter; together a third of a simulation's time.
const { build } = require("esbuild");
const { readFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname, resolve } = require("node:path");

/** In a bundle, too, a file's folder is its own. */
const ownFolder = {
  name: "own-folder",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const folder = text.includes("__dirname") ? `const __dirname = ${JSON.stringify(dirname(path))};` : "";
      return { loader: "ts", contents: folder + text };
    }),
};

const options = {
  bundle: true,
  packages: "external",
  platform: "node",
  format: "cjs",
  target: "node20",
  sourcemap: "inline",
  write: false,
  plugins: [ownFolder],
};

const run = async (file) => {
  const { outputFiles } = await build({ ...options, entryPoints: [file] });
  const main = new Module(file);
  main.filename = file;
  main.paths = Module._nodeModulePaths(dirname(file));
  main._compile(outputFiles[0].text, file);
};

process.setSourceMapsEnabled(true);
process.argv.splice(1, 1);
run(resolve(process.argv[1])).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
