const { default: Sequencer } = require("@jest/test-sequencer");
const { relative } = require("node:path");

const wordsOf = (path) => new Set(path.toLowerCase().split(/[/.-]/));

/** How many words of the changed file's path the test's has: its folders' names, and what it is about. */
const kinship = ({ path }) => {
  const words = wordsOf(relative("", path));
  return [...wordsOf(process.env.MUTATED_FILE)].filter((word) => words.has(word)).length;
};

/** Steps from the changed file's folder to the test's. */
const distance = ({ path }) => relative(process.env.MUTATED_FILE, path).split("/").length;

/** Tests near the changed file are the likeliest to fail and the shortest; those of whole worlds come last, or not at all. */
module.exports = class NearestFirst extends Sequencer {
  sort(tests) {
    const leftOut = new Set(process.env.LEFT_OUT.split("\n"));
    return super
      .sort(tests.filter(({ path }) => !leftOut.has(path)))
      .reverse()
      .sort((one, other) => kinship(other) - kinship(one) || distance(one) - distance(other))
      .slice(0, Number(process.env.NEAREST));
  }
};
