// The lock file keeps the SDK at versions that run on this Node; what it says of later ones is of no use here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ||= "true";

const common = {
  rootDir: __dirname,
  testEnvironment: "node",
  transform: { "\\.ts$": "<rootDir>/jest-esbuild.cjs" },
  moduleNameMapper: { "^fast-check$": "<rootDir>/tests/seeded-fast-check.cjs" },
  moduleFileExtensions: ["ts", "mjs", "js", "cjs", "json"],
  modulePathIgnorePatterns: ["/\\.aws-sam/", "/dist/", "/\\.local/", "/\\.deploy/", "/\\.stryker-tmp/"],
};

/**
 * unit: everything that needs no engine. engine: what deploys to the laptop's engine, one file at a time. long: the same,
 * for which `npm test` has no time.
 */
const LONG = "\\.long\\.test\\.ts$";
module.exports = {
  maxWorkers: "100%",
  // A worker keeps what its files loaded. With more than this, collecting garbage slows the simulations down sixfold.
  workerIdleMemoryLimit: "600MB",
  testSequencer: "<rootDir>/tests/longest-first.cjs",
  // Two cores that have other things to do as well are no defect.
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: "unit",
      testMatch: ["**/*.test.ts"],
      testPathIgnorePatterns: ["/node_modules/", "/tests/end-to-end/"],
    },
    {
      ...common,
      displayName: "engine",
      testMatch: ["<rootDir>/tests/end-to-end/**/*.test.ts"],
      testPathIgnorePatterns: ["/node_modules/", LONG],
    },
    { ...common, displayName: "long", testMatch: ["<rootDir>/tests/end-to-end/**/*.long.test.ts"] },
  ],
};
