// The whole Jest transformer: esbuild is here already for the bundles.
const { transformSync, version } = require("esbuild");
const { createHash } = require("node:crypto");

module.exports = {
  getCacheKey: (text, path, { instrument }) =>
    createHash("sha256")
      .update([version, path, String(instrument), text].join("\0"))
      .digest("hex"),
  process: (text, path) =>
    transformSync(text, {
      loader: "ts",
      format: "cjs",
      target: "node20",
      sourcemap: "both",
      sourcefile: path,
    }),
};
