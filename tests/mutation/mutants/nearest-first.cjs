const { default: Sequencer } = require("@jest/test-sequencer");
const { basename, relative } = require("node:path");

const stem = (path) => basename(path).split(".")[0];

/** Steps from the changed file's folder to the test's; none to the test that has its name. */
const distance = ({ path }) => {
  const file = process.env.MUTATED_FILE;
  return stem(path) === stem(file) ? 0 : relative(file, path).split("/").length;
};

/** Tests near the changed file are the likeliest to fail and the shortest; those of whole worlds come last, or not at all. */
module.exports = class NearestFirst extends Sequencer {
  sort(tests) {
    const leftOut = new Set(process.env.LEFT_OUT.split("\n"));
    return super
      .sort(tests.filter(({ path }) => !leftOut.has(path)))
      .reverse()
      .sort((one, other) => distance(one) - distance(other))
      .slice(0, Number(process.env.NEAREST));
  }
};
