const { default: Sequencer } = require("@jest/test-sequencer");
const { relative } = require("node:path");

/** Steps from the changed file's folder to the test's. */
const distance = ({ path }) => relative(process.env.MUTATED_FILE, path).split("/").length;

/** Tests near the changed file are the likeliest to fail and the shortest; those of whole worlds come last, or not at all. */
module.exports = class NearestFirst extends Sequencer {
  sort(tests) {
    return super
      .sort(tests)
      .reverse()
      .sort((one, other) => distance(one) - distance(other))
      .slice(0, Number(process.env.NEAREST));
  }
};
