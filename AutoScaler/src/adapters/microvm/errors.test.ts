import { readFileSync } from "node:fs";
import { RUN_VERDICTS, runVerdict } from "./errors";

const read = (file: string): string => {
  const path = require.resolve("@aws-sdk/client-lambda-microvms/package.json").replace("package.json", "");
  return readFileSync(`${path}dist-types/${file}`, "utf8");
};

/** What Lambda's model says that RunMicrovm may answer: the SDK's documentation of the operation is made from it. */
const documented = (): readonly string[] =>
  [...read("commands/RunMicrovmCommand.d.ts").matchAll(/@throws \{@link (\w+)\}/g)]
    .map(([, name = ""]) => name)
    .filter((name) => name !== "LambdaMicrovmsServiceException");

/** All errors of the client's model. */
const modelled = (): readonly string[] =>
  [...read("models/errors.d.ts").matchAll(/readonly name: "(\w+)"/g)].map(([, name = ""]) => name);

describe("RunMicrovm's errors", () => {
  it("F-43: have a verdict each, and the lists are Lambda's own", () => {
    expect([documented().length, modelled().length]).toEqual([8, 12]);
    expect([...documented(), ...modelled()].filter((name) => RUN_VERDICTS[name] === undefined)).toEqual([]);
  });

  it.each([
    ["ServiceQuotaExceededException", "limit"],
    ["InsufficientCapacityException", "capacity"],
    ["ThrottlingException", "rate"],
    ["ConflictException", "mismatch"],
    ["ResourceNotFoundException", "image"],
    ["AccessDeniedException", "again"],
    ["InternalServerException", "unknown"],
    ["ValidationException", "configuration"],
    ["TimeoutError", "unknown"],
    ["SomethingNewException", "unknown"],
    ["constructor", "unknown"],
  ])("F-43: %s means %s", (name, verdict) => {
    expect(runVerdict(name)).toBe(verdict);
  });
});
