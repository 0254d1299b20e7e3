import type { Context } from "../context";
import { uploadMicroVmCode } from "./microvm-code";

const contextWith = (output: string, exitCode: number, send: () => Promise<object>): Context =>
  ({
    runProgram: async () => ({ exitCode, output }),
    // Also the pins that are kept.
    readFile: () => Buffer.from("{}"),
    writeFile: () => undefined,
    clients: { s3: () => ({ send }) },
  }) as unknown as Context;

const order = { bucket: "cache", caCertificate: undefined };

describe("what MicroVMs' images are built from", () => {
  it("is uploaded under its hash when the key is given", async () => {
    let isUploaded = false;
    const send = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      isUploaded = true;
      return {};
    };
    const key = await uploadMicroVmCode(contextWith("built\n/kept/0123.zip\n", 0, send), order);
    expect([key, isUploaded]).toEqual(["microvm-code/0123.zip", true]);
  });

  it.each([
    ["the upload fails", "/kept/0123.zip", 0, "no bucket"],
    ["it cannot be made", "/kept/0123.zip", 1, "could not be made"],
    ["it is no archive", "/kept/0123.txt", 0, "could not be made"],
  ])("has no key where %s", async (_, output, exitCode, message) => {
    const send = () => Promise.reject(new Error("no bucket"));
    await expect(uploadMicroVmCode(contextWith(output, exitCode, send), order)).rejects.toThrow(message);
  });
});
