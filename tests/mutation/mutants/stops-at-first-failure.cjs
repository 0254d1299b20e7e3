const { default: TestRunner } = require("jest-runner");

/** The first file that fails ends the run. Jest's own `bail` would end the process as well. */
module.exports = class StopsAtFirstFailure extends TestRunner {
  runTests(tests, watcher, options) {
    const stop = () => watcher.setState({ interrupted: true });
    this.on("test-file-failure", stop);
    this.on("test-file-success", ([, { numFailingTests, testExecError }]) => {
      if (numFailingTests > 0 || testExecError) return stop();
    });
    return super.runTests(tests, watcher, options);
  }
};
