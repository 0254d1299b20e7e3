import { spawn } from "node:child_process";
import { join } from "node:path";

const PROGRAM = join(__dirname, "runners.cjs");

/** Runs the program as a shell does; `reads` false: nobody reads what it writes. */
const run = (argv: readonly string[], reads: boolean) =>
  new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
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
