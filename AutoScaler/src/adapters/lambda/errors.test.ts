import { readFileSync } from "node:fs";
import { StateReasonCode } from "@aws-sdk/client-lambda";
import { INVOKE_VERDICTS, invokeVerdict } from "./errors";
import { STATE_VERDICTS, stateVerdict } from "./function-state";

/** What Lambda's model says that Invoke may answer: the SDK's documentation of the operation is made from it. */
const documented = (): readonly string[] => {
  const path = require.resolve("@aws-sdk/client-lambda/package.json").replace("package.json", "");
  const text = readFileSync(`${path}dist-types/commands/InvokeCommand.d.ts`, "utf8");
  const names = [...text.matchAll(/@throws \{@link (\w+)\}/g)].map(([, name = ""]) => name);
  return names.filter((name) => name !== "LambdaServiceException");
};

describe("Invoke's errors", () => {
  it("F-40: have a verdict each, and the list is Lambda's own", () => {
    expect(documented().length).toBeGreaterThan(30);
    expect(documented().filter((name) => INVOKE_VERDICTS[name] === undefined)).toEqual([]);
  });

  it.each([
    ["CodeArtifactUserPendingException", "not-ready"],
    ["CodeArtifactUserDeletedException", "not-ready"],
    ["ResourceConflictException", "not-ready"],
    ["ResourceNotReadyException", "not-ready"],
    ["ENINotReadyException", "not-ready"],
    ["SubnetIPAddressLimitReachedException", "capacity"],
    ["ServiceQuotaExceededException", "limit"],
    ["EC2ThrottledException", "rate"],
    ["ServiceException", "unknown"],
    ["SomethingNewException", "unknown"],
    ["constructor", "unknown"],
  ])("F-40: %s means %s", (name, verdict) => {
    expect(invokeVerdict(name)).toEqual({ verdict });
  });

  it.each([
    ["ResourceNotFoundException", "function-missing"],
    ["CodeArtifactUserFailedException", "function-image-unusable"],
    ["KMSDisabledException", "function-key-refused"],
    ["AccessDeniedException", "launch-refused"],
  ])("F-42: %s is for an operator: %s", (name, reason) => {
    expect(invokeVerdict(name)).toEqual({ verdict: "configuration", reason });
  });
});

describe("a function's state", () => {
  it("F-42: has a verdict for each reason that Lambda gives for it", () => {
    const codes = Object.values(StateReasonCode);
    expect(codes.filter((code) => STATE_VERDICTS[code] === undefined)).toEqual([]);
  });

  it.each([
    ["Active", undefined, "not-ready"],
    ["Pending", "Creating", "not-ready"],
    // Pending, whatever it was before: Lambda is at it.
    ["Pending", "ImageDeleted", "not-ready"],
    ["Inactive", "Idle", "not-ready"],
    ["Inactive", undefined, "not-ready"],
    ["Inactive", "SomethingNew", "not-ready"],
    ["Failed", "EniLimitExceeded", "limit"],
    ["Failed", "SubnetOutOfIPAddresses", "capacity"],
  ])("F-40: %s because of %s is waited for: %s", (state, code, verdict) => {
    expect(stateVerdict(state, code)).toEqual({ verdict });
  });

  it.each([
    ["Inactive", "ImageDeleted", "function-image-missing"],
    ["Failed", "ImageAccessDenied", "function-image-missing"],
    ["Failed", "InvalidImage", "function-image-unusable"],
    ["Inactive", "FunctionError.InvalidEntryPoint", "function-image-unusable"],
    ["Inactive", "KMSKeyAccessDenied", "function-key-refused"],
    ["Failed", undefined, "function-failed"],
    ["Failed", "Idle", "function-failed"],
    ["Failed", "SomethingNew", "function-failed"],
    ["Deleting", undefined, "function-failed"],
  ])("F-42: %s because of %s is for an operator: %s", (state, code, reason) => {
    expect(stateVerdict(state, code)).toEqual({ verdict: "configuration", reason });
  });
});
