const { default: Sequencer } = require("@jest/test-sequencer");

/** The slowest files. One that began last would run alone while the other processors are idle. */
const LONGEST = [
  "tests/end-to-end/faults.test.ts",
  "tests/end-to-end/whole-path.test.ts",
  "tests/end-to-end/start.test.ts",
  "tests/simulation/scale.test.ts",
  "Ec2Runner/tests/user-data.test.ts",
  "tests/simulation/healing.test.ts",
  "tests/attacks/starvation.test.ts",
  "tests/simulation/account-limits.test.ts",
  "AutoScaler/tests/random-jobs.test.ts",
  "tests/simulation/random-jobs.test.ts",
  "tests/simulation/kill-points.test.ts",
  "tests/simulation/lasting-failures.test.ts",
];

const rank = ({ path }) => {
  const index = LONGEST.findIndex((file) => path.endsWith(file));
  return index === -1 ? LONGEST.length : index;
};

/** Jest's order, with the slowest files first. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
};
