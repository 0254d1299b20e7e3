import { ConfigurationError, TransientError } from "../../../../Core/errors";
import { ec2Error } from "../../testing/doubles/ec2-double";
import {
  CLIENT_ERRORS_OF_LAUNCHES,
  COMMON_CLIENT_ERRORS,
  SERVER_ERRORS,
} from "../../testing/doubles/ec2-error-codes";
import { listedKind } from "./error-codes";
import { callEc2, kindOfCode, kindOfError } from "./errors";

describe("EC2's published error codes", () => {
  it.each([
    ["common client errors", COMMON_CLIENT_ERRORS],
    ["client errors of launches", CLIENT_ERRORS_OF_LAUNCHES],
    ["server errors", SERVER_ERRORS],
  ])("F-32: each of the %s has a verdict", (_, codes) => {
    expect(codes.filter((code) => listedKind(code) === undefined)).toEqual([]);
  });

  it.each([
    ["PendingVerification", "limit"],
    ["IdempotentInstanceTerminated", "mismatch"],
    ["InvalidFleetConfiguration", "unsupported"],
    ["AuthFailure.ServiceLinkedRoleCreationNotPermitted", "spot-role"],
    ["AuthFailure", "configuration"],
    ["Server.InsufficientInstanceCapacity", "capacity"],
  ])("%s is told as %s", (code, kind) => {
    expect(kindOfCode(code)).toBe(kind);
    expect(kindOfError(ec2Error(code))).toBe(kind);
  });

  it("F-32: a code that is not listed may pass: inside an answer and with a status below 500 nothing was launched", () => {
    expect(kindOfCode("BrandNewRefusal")).toBe("other");
    expect(kindOfError(ec2Error("BrandNewRefusal", 400))).toBe("other");
    expect(kindOfError(ec2Error("BrandNewFailure", 500))).toBe("unknown");
    expect(kindOfError(new Error("socket hang up"))).toBe("unknown");
  });
});

it.each([
  ["BrandNewRefusal", TransientError],
  ["RequestLimitExceeded", TransientError],
  ["UnauthorizedOperation", ConfigurationError],
])("a call that fails with %s throws what the workflow repeats or not", async (code, expected) => {
  const call = () => Promise.reject(ec2Error(code));
  await expect(callEc2("Describing", call)).rejects.toThrow(expected);
});
