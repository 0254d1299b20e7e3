import { microVmImageParameter, parseMicroVmImage } from "../microvm/image";
import { MAX_PAYLOAD_BYTES, type MicroVmPayload, payloadText } from "./microvm-payload";

const PAYLOAD: MicroVmPayload = {
  url: "https://gitlab.example.com",
  token: "glrt-abc",
  runnerId: 7,
  executor: "docker",
  image: "",
  lifetimeSeconds: 3_600,
  waitTimeoutSeconds: 60,
  deletesOwnRecord: false,
};
const EMPTY = Buffer.byteLength(JSON.stringify(PAYLOAD));

describe("a MicroVM's payload", () => {
  it.each([
    [MAX_PAYLOAD_BYTES, true],
    [MAX_PAYLOAD_BYTES + 1, false],
  ])("of %d bytes fits: %s", (bytes, fits) => {
    // Two bytes a character.
    const rest = bytes - EMPTY;
    const image = "é".repeat(rest >> 1) + "x".repeat(rest % 2);
    expect(payloadText({ ...PAYLOAD, image }) !== undefined).toBe(fits);
  });
});

describe("a published image", () => {
  const imageArn = "arn:aws:lambda:eu-west-1:111122223333:microvm-image:gitlab-runners-2048";
  const executionRoleArn = "arn:aws:iam::111122223333:role/vm";
  const parse = (value: unknown) => parseMicroVmImage(JSON.stringify(value));

  it("is stored under its size", () => {
    expect(microVmImageParameter(2048)).toBe("microvm/2048");
  });

  it("is read with its role and log group, a log group without a role being no use", () => {
    const image = { imageArn, imageVersion: "3.0", executionRoleArn, logGroup: "/vm" };
    expect(parse(image)).toEqual(image);
    expect(parse({ imageArn, imageVersion: "3.0", logGroup: "/vm" })).toEqual({
      imageArn,
      imageVersion: "3.0",
    });
  });

  it.each([
    ["no JSON", "x"],
    ["null", "null"],
    [
      "a bare name, which Lambda refuses",
      JSON.stringify({ imageArn: "gitlab-runners-2048", imageVersion: "3.0" }),
    ],
    ["no version", JSON.stringify({ imageArn })],
    ["a version of one number", JSON.stringify({ imageArn, imageVersion: "3" })],
  ])("is none: %s", (_, text) => {
    expect(parseMicroVmImage(text)).toBeUndefined();
  });
});
