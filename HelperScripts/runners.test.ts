import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAM = join(__dirname, "runners.cjs");

/** Runs the program as a shell does; `reads` false: nobody reads what it writes. */
const run = (argv: readonly string[], reads: boolean, env: NodeJS.ProcessEnv = process.env) =>
  new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, ...argv], { env, stdio: ["ignore", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    if (!reads) child.stdout.destroy();
    child.on("close", (code) => resolve({ code, out, err }));
  });

it("writes its answer and nothing else: no banner, no warning", async () => {
  const { code, out, err } = await run(["--version"], true);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
}, 30_000);

it("ends quietly when nobody reads further, as after | head", async () => {
  expect(await run(["--help"], false)).toEqual({ code: 0, out: "", err: "" });
}, 30_000);

// The SDK itself names no profile in what it says.
it("names the profile that is not there", async () => {
  const nobody = { PATH: process.env.PATH, HOME: "/nowhere", AWS_EC2_METADATA_DISABLED: "true" };
  const { code, err } = await run(["status", "--region", "eu-west-1", "--profile", "mistyped"], true, nobody);
  expect([code, err]).toEqual([1, expect.stringContaining("The AWS profile mistyped is not there")]);
}, 30_000);

it("says in a fresh clone what is to be done first, and shows no stack trace", () => {
  const clone = mkdtempSync(join(tmpdir(), "clone-"));
  copyFileSync(PROGRAM, join(clone, "runners.cjs"));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(clone, "runners.cjs"), "status"], {
    encoding: "utf8",
  });
  rmSync(clone, { recursive: true });
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^The Node packages are not installed in .*: run npm ci there once.*\n$/);
});
