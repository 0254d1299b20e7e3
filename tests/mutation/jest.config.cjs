const shipped = require("../../jest.config.cjs");
const { join } = require("node:path");

const { displayName: _, ...unit } = shipped.projects[0];

module.exports = {
  ...unit,
  rootDir: join(__dirname, "../.."),
  // Every mutant is a run of Jest, which first looks through all folders.
  roots: ["<rootDir>/AutoScaler", "<rootDir>/Core", "<rootDir>/tests"],
  // Stryker's copy is in a folder that the shipped configuration ignores.
  modulePathIgnorePatterns: ["/\\.aws-sam/", "/dist/", "/\\.local/"],
  testEnvironment: join(__dirname, "ends-at-first-failure.cjs"),
  transform: { "\\.ts$": "<rootDir>/jest-esbuild.cjs" },
  testMatch: ["<rootDir>/tests/mutation/suite.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
};
