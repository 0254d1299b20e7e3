// The whole Jest transformer: esbuild is here already for the bundles.
const { transformSync, version } = require("esbuild");
const { createHash } = require("node:crypto");

const SETTINGS = {
  loader: "ts",
  format: "cjs",
  target: "node20",
  sourcemap: "both",
  // Jest knows `import()` behind a flag alone; as a require it is still evaluated only where it stands.
  supported: { "dynamic-import": false },
};

module.exports = {
  getCacheKey: (text, path, { instrument }) =>
    createHash("sha256")
      .update([version, JSON.stringify(SETTINGS), path, String(instrument), text].join("\0"))
      .digest("hex"),
  process: (text, path) => transformSync(text, { ...SETTINGS, sourcefile: path }),
};
