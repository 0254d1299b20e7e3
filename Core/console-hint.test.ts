import { installFailureIn } from "./console-hint";

describe("what a machine's console says of a failed installation", () => {
  it.each([
    ["as the machine writes it", "glr: not installed: no-packages\n"],
    [
      "as cloud-init passes it on",
      "[   41.207341] cloud-init[1638]: glr: not installed: no-packages\r\n[   41.3] x\r\n",
    ],
    ["the last of several", "glr: not installed: too-slow\nglr: not installed: no-packages\n"],
  ])("is read %s", (_how, text) => {
    expect(installFailureIn(text)).toBe("no-packages");
  });

  it.each([
    ["no such line", "glr: done\n"],
    ["an unknown code", "glr: not installed: rm -rf\nglr: not installed: something-else\n"],
    ["more in the line", "glr: not installed: no-packages, see https://example.com\n"],
    ["gitlab-runner's log", '{"job":7,"msg":"glr: not installed: no-packages"}\n'],
    ["a line that only ends so", "it said glr: not installed: no-packages\n"],
    ["nothing", ""],
  ])("T-16: is nothing for %s", (_what, text) => {
    expect(installFailureIn(text)).toBeUndefined();
  });
});
