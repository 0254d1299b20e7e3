import { checkOutput } from "./valid-output";

const STATUS = {
  startsAreOn: true,
  limits: [],
  cost: { perHour: 0, unknown: 0 },
  jobs: { waiting: [], starting: [], running: [], stuck: [] },
  runners: [],
  orphans: [],
  restingPools: [],
  budgets: [],
  isComplete: true,
};

const check = (changes: object) => () =>
  checkOutput(["status", "--json"], JSON.stringify({ ...STATUS, ...changes }));

it("takes an answer of the documented shape", () => {
  expect(check({})).not.toThrow();
});

it.each([
  ["a field that nobody documented", { stackShard: 3 }],
  ["a missing field", { isComplete: undefined }],
  ["a time that is not ISO 8601", { orphans: [{ resourceId: "i-1", foundAt: 1_764_000_000_000 }] }],
])("refuses %s", (_, changes) => {
  expect(check(changes)).toThrow("status --json gives what output.schema.json does not have");
});

it("leaves text for people alone", () => {
  expect(() => checkOutput(["status"], "New starts: on")).not.toThrow();
});
