const shipped = require("../../jest.config.cjs");
const { join } = require("node:path");

const { displayName: _, ...unit } = shipped.projects[0];

/** What judges Stryker's mutants: the domain's own tests and the stories that are told one by one. */
module.exports = {
  ...unit,
  rootDir: join(__dirname, "../.."),
  transform: { "\\.ts$": "<rootDir>/jest-esbuild.cjs" },
  testMatch: [
    "<rootDir>/AutoScaler/src/domain/**/*.test.ts",
    "<rootDir>/tests/simulation/{traces,promises,aws-faults,gitlab-faults}.test.ts",
  ],
};
