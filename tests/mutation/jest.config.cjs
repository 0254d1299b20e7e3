const shipped = require("../../jest.config.cjs");
const { join } = require("node:path");

const { displayName: _, ...unit } = shipped.projects[0];

/** What judges Stryker's mutants: the domain's own tests, but for those that play hundreds of lives for each. */
module.exports = {
  ...unit,
  rootDir: join(__dirname, "../.."),
  // Stryker's copy lies in a folder that the other configuration leaves out.
  modulePathIgnorePatterns: ["/\\.aws-sam/", "/dist/", "/\\.local/"],
  testEnvironment: join(__dirname, "ends-at-first-failure.cjs"),
  transform: { "\\.ts$": "<rootDir>/jest-esbuild.cjs" },
  testMatch: ["<rootDir>/AutoScaler/src/domain/**/*.test.ts"],
  testPathIgnorePatterns: [
    "/node_modules/",
    "/random-lives\\.test",
    "/kill-points\\.test",
    "/order-of-events\\.test",
  ],
};
