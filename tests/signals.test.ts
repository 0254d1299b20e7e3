import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "../local/laptop/run-folder";

/** Says that it runs, and a while after a signal which one came. */
const PROGRAM = `process.on("SIGTERM", () => setTimeout(() => { process.stdout.write("SIGTERM\\n"); process.exit(7); }, 300));
setTimeout(() => process.exit(1), 10_000);
process.stdout.write("running\\n");`;

const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** A package with one of our scripts as it is, whose program is `PROGRAM`. */
const packageWith = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "signals-"));
  const [path = ""] = /\S+\.mjs/.exec(scripts[name]) ?? [];
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), PROGRAM);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "signals", scripts }));
  return folder;
};

// npm signals the shell that it has started, and a shell passes nothing on: the laptop would serve for ever.
it.each(["start", "deploy", "undeploy"])(
  "npm run %s waits, when it is told to end, until its program has tidied up, and ends as that does",
  async (name) => {
    const folder = packageWith(name);
    const npm = spawn("npm", ["run", "--silent", name], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    npm.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (text.includes("running")) npm.kill("SIGTERM");
    });
    const code = await new Promise((resolve) => npm.once("exit", resolve));
    rmSync(folder, { recursive: true });
    expect([code, out]).toEqual([7, "running\nSIGTERM\n"]);
  },
  30_000,
);
