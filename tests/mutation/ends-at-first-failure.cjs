const { TestEnvironment } = require("jest-environment-node");

/** The first failing test catches a mutant, so the others need not run. */
module.exports = class EndsAtFirstFailure extends TestEnvironment {
  hasFailed = false;

  handleTestEvent({ name, test }) {
    if (name === "test_fn_failure") this.hasFailed = true;
    if (name === "test_start" && this.hasFailed) test.mode = "skip";
  }
};
