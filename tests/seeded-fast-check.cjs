// Tests get this for "fast-check": a fixed seed, so that a run can be repeated. FAST_CHECK_SEED names another, or `random`.
const fc = require("../node_modules/fast-check/lib/cjs/fast-check.js");

const wanted = process.env.FAST_CHECK_SEED ?? "20261125";
if (wanted !== "random") fc.configureGlobal({ seed: Number(wanted) });

module.exports = fc;
