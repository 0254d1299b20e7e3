import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// The set-up is plain ESM, which runs before any package is there: it is tried out in a Node of its own.
const url = (file: string): string => pathToFileURL(join(__dirname, file)).href;

/** Evaluates an expression over a set-up module `m`; the answer is what it prints as JSON. */
const evaluate = (file: string, expression: string): unknown => {
  const code = `import(${JSON.stringify(url(file))}).then(async (m) => {
    try { console.log(JSON.stringify(await (${expression}))); }
    catch (error) { console.log(JSON.stringify({ name: error.name, message: error.message })); }
  })`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", code], { encoding: "utf8" });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout);
};

const python = (version: string, hasVenv = true) => ({ name: `python${version}`, version, hasVenv });
const findPython = (...found: (ReturnType<typeof python> | undefined)[]): unknown =>
  evaluate(
    "machine.mjs",
    `m.findPython(${JSON.stringify(found.map((_, index) => index))}, (i) => ${JSON.stringify(found)}[i] ?? undefined)`,
  );

describe("what the machine must have", () => {
  it.each(["20.19.0", "20.20.2", "22.0.0", "24.1.0"])("takes Node %s", (version) => {
    expect(evaluate("machine.mjs", `m.checkNode("${version}") ?? "fine"`)).toBe("fine");
  });

  it.each(["18.20.0", "20.18.3", "19.9.0"])("refuses Node %s and says how to get a newer one", (version) => {
    expect(evaluate("machine.mjs", `m.checkNode("${version}")`)).toMatchObject({
      name: "MissingTool",
      message: expect.stringMatching(/20\.19 or newer.*\n.*Debian[\s\S]*Fedora[\s\S]*macOS/),
    });
  });

  it("takes the first Python that is new enough and can make environments", () => {
    expect(findPython(python("3.9.2"), python("3.12.1", false), python("3.11.0"))).toMatchObject({
      version: "3.11.0",
    });
  });

  it.each([
    ["none", [], /none is on PATH[\s\S]*apt-get install python3 python3-venv/],
    ["one that is too old", [python("3.10.9")], /3\.11 or newer is needed; the newest here is 3\.10\.9/],
    [
      "one without venv, as Debian has it",
      [python("3.11.2", false)],
      /lacks its venv and pip modules[\s\S]*python3-venv/,
    ],
  ])("refuses %s and says how to get it", (_, found, message) => {
    expect(findPython(...found)).toMatchObject({
      name: "MissingTool",
      message: expect.stringMatching(message),
    });
  });
});

describe("whether the packages are there", () => {
  const lock = { packages: { "": {}, a: { version: "1.0.0" }, b: { version: "2.0.0", optional: true } } };
  const agrees = (installed: unknown): unknown =>
    evaluate(
      "set-up.mjs",
      `m.agreesWithLock(${JSON.stringify(JSON.stringify(lock))}, ${JSON.stringify(installed === undefined ? "" : JSON.stringify(installed))})`,
    );

  it.each([
    ["is all there", { packages: { a: { version: "1.0.0" }, b: { version: "2.0.0" } } }, true],
    ["lacks an optional one", { packages: { a: { version: "1.0.0" } } }, true],
    ["has another version", { packages: { a: { version: "1.0.1" } } }, false],
    [
      "has an optional one in another version",
      { packages: { a: { version: "1.0.0" }, b: { version: "1.0.0" } } },
      false,
    ],
    ["lacks one", { packages: {} }, false],
    ["is not there at all", undefined, false],
  ])("sees that what is installed %s", (_, installed, answer) => {
    expect(agrees(installed)).toBe(answer);
  });
});

describe("what is installed", () => {
  const clone = mkdtempSync(join(tmpdir(), "set-up-clone-"));
  const trace = join(clone, "trace");
  afterAll(() => rmSync(clone, { recursive: true }));

  /** A program that writes down how it is called; as Python it says its version and makes environments. */
  const stub = (name: string): void =>
    writeFileSync(
      join(clone, "bin", name),
      `#!/bin/sh
case "$*" in
  *version_info*) echo 3.12.1; exit ;;
  *"-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
esac
echo "\${0##*/} $*" >>'${trace}'
`,
      { mode: 0o755 },
    );

  it("T-24: runs no script of a package, and takes Python's packages by their hashes alone", () => {
    for (const folder of ["bin", "node_modules", "tests/independent-clients", "tests/second-opinion"])
      mkdirSync(join(clone, folder), { recursive: true });
    cpSync(__dirname, join(clone, "local/setup"), { recursive: true });
    writeFileSync(join(clone, "package-lock.json"), '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
    for (const room of ["independent-clients", "second-opinion"])
      writeFileSync(join(clone, "tests", room, "requirements.txt"), "");
    for (const name of ["npm", "python3"]) stub(name);
    const module = pathToFileURL(join(clone, "local/setup/set-up.mjs")).href;
    const code = `const m = await import("${module}"); await m.setUp(); process.exit((await m.setUpClients()) || (await m.setUpSecondDouble()) ? 1 : 0)`;
    const env = { ...process.env, PATH: `${join(clone, "bin")}:${process.env.PATH}` };
    const { status } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { env });
    expect(status).toBe(0);
    const calls = readFileSync(trace, "utf8").trim().split("\n");
    const installs = calls.filter((call) => / (ci|install) /.test(call));
    expect(installs).toHaveLength(4);
    for (const call of installs)
      expect(call).toMatch(/^npm ci .*--ignore-scripts|^python -m pip install .*--require-hashes/);
  });
});

describe("the lock of a clone's set-up", () => {
  const folder = mkdtempSync(join(tmpdir(), "set-up-lock-"));
  const path = join(folder, "lock");
  const trace = join(folder, "trace");
  afterAll(() => rmSync(folder, { recursive: true }));

  const hold = (name: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const code = `
        const { appendFileSync } = await import("node:fs");
        const { withLock } = await import(${JSON.stringify(url("lock.mjs"))});
        await withLock(${JSON.stringify(path)}, async () => {
          appendFileSync(${JSON.stringify(trace)}, "${name} in\\n");
          await new Promise((next) => setTimeout(next, 150));
          appendFileSync(${JSON.stringify(trace)}, "${name} out\\n");
        }, () => undefined);`;
      spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "ignore" })
        .once("error", reject)
        .once("exit", (exitCode) =>
          exitCode === 0 ? resolve() : reject(new Error(`exit code ${exitCode}`)),
        );
    });

  it("lets one process in at a time, and takes over from one that has died", async () => {
    const dead = spawnSync(process.execPath, ["-e", "0"]).pid;
    writeFileSync(path, String(dead));
    await Promise.all([hold("a"), hold("b"), hold("c")]);
    const lines = readFileSync(trace, "utf8").trim().split("\n");
    expect(lines).toHaveLength(6);
    for (let index = 0; index < 6; index += 2) {
      expect(lines[index + 1]).toBe(lines[index]?.replace("in", "out"));
    }
  }, 30_000);
});
