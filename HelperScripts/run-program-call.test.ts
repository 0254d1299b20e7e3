import { runProgramCall } from "./run-program-call";

const node = (script: string, more: object = {}) =>
  runProgramCall({ program: process.execPath, args: ["-e", script], cwd: __dirname, ...more });

describe("a program that is run", () => {
  it("gives its exit code and all that it wrote", async () => {
    const { exitCode, output } = await node('console.log("out"); console.error("err"); process.exitCode = 3');
    expect([exitCode, output.includes("out"), output.includes("err")]).toEqual([3, true, true]);
  });

  it("gets variables over those of this process", async () => {
    const { output } = await node("console.log(process.env.GLR_X, typeof process.env.PATH)", {
      env: { GLR_X: "y" },
    });
    expect(output.trim()).toBe("y string");
  });

  it("does not get GitLab's tokens", async () => {
    process.env.GITLAB_SETUP_TOKEN = "glpat-x";
    const { output } = await node("console.log(JSON.stringify(process.env))").finally(() => {
      delete process.env.GITLAB_SETUP_TOKEN;
    });
    expect(output).toContain("PATH");
    expect(output).not.toContain("glpat-x");
  });

  it("ends with 127 where there is none of its name", async () => {
    const { exitCode, output } = await runProgramCall({
      program: "glr-no-such-program",
      args: [],
      cwd: __dirname,
    });
    expect([exitCode, output]).toEqual([127, expect.stringContaining("ENOENT")]);
  });

  it("is ended when its signal is aborted", async () => {
    const controller = new AbortController();
    const running = node("setInterval(() => undefined, 1000)", { signal: controller.signal });
    controller.abort();
    expect((await running).exitCode).not.toBe(0);
  });
});
