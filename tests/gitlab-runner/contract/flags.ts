import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TOKEN, withRunner } from "../runner-under-test";
import type { Subject } from "./cases";

/** What it makes of its command line. */
export const describeFlags = (subject: Subject): void => {
  const { name, fast } = subject;
  describe(`${name}: flags`, () => {
    const run = (...args: string[]) => ({ args: ["--log-format", "json", ...args] });

    it.concurrent(
      "finds its user's home when HOME is not set",
      withRunner(fast, async (runner) => {
        await runner.start({ environment: { HOME: undefined }, waitTimeout: 1 });
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.seen).toHaveLength(1);
      }),
    );

    it.concurrent(
      "panics at --shutdown-timeout",
      withRunner(fast, async (runner) => {
        const flags = [
          "-u",
          runner.gitlab.url,
          "-t",
          TOKEN,
          "--executor",
          "shell",
          "--shutdown-timeout",
          "5",
        ];
        await runner.start(run("run-single", ...flags));
        await expect(runner.ended()).resolves.toBe(2);
      }),
    );

    it.concurrent(
      "prints the token with its help at a wrong flag when it is in the environment",
      withRunner(fast, async (runner) => {
        await runner.start({
          ...run("run-single", "--no-such-flag"),
          environment: { CI_SERVER_TOKEN: TOKEN },
        });
        await expect(runner.ended()).resolves.toBe(1);
        expect(runner.stdout).toContain(TOKEN);
      }),
    );

    it.concurrent(
      "does not look at --config without -r",
      withRunner(fast, async (runner) => {
        await runner.start(run("run-single", "--config", "/nonexistent.toml"));
        await expect(runner.ended()).resolves.toBe(1);
        expect(runner.said("Missing URL") || runner.stderr.includes("Missing URL")).toBe(true);
      }),
    );

    it.concurrent.each([
      { token: "glrt-abc", path: "runners/managers" },
      { token: "glrtr-abc", path: "runners" },
    ])("unregister --all-runners with $token: DELETE $path", ({ token, path }) =>
      withRunner(fast, async (runner) => {
        const config = join(runner.folder, "own.toml");
        const entry = `[[runners]]\nname = "a"\nurl = "${runner.gitlab.url}"\ntoken = "${token}"\nexecutor = "shell"\n`;
        writeFileSync(config, entry, { mode: 0o600 });
        await runner.start(run("unregister", "--config", config, "--all-runners"));
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.seen.map((seen) => `${seen.method} ${seen.path}`)).toEqual([`DELETE ${path}`]);
      })(),
    );

    it.concurrent(
      "register --registration-token: POST runners, and a configuration of 0600",
      withRunner(fast, async (runner) => {
        const config = join(runner.folder, "own.toml");
        runner.gitlab.answer = () => ({
          status: 201,
          body: { id: 1, token: "glrtr-new", token_expires_at: null },
        });
        const flags = [
          "--non-interactive",
          "--url",
          runner.gitlab.url,
          "--registration-token",
          "r",
          "--executor",
          "shell",
        ];
        await runner.start(run("register", "--config", config, ...flags));
        await expect(runner.ended()).resolves.toBe(0);
        expect(runner.gitlab.asked("POST runners")).toHaveLength(1);
        expect(statSync(config).mode & 0o777).toBe(0o600);
      }),
    );
  });
};
