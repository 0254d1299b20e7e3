import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../local/laptop/run-folder";
import { type TestLaptop, until } from "./engine";
import { PYTHON } from "./starts";
import { document, runners } from "./tools-cases";

const JOBS = 300;
const CLASSES = { one: { type: "EC2" }, two: { type: "EC2" } };

const manyJobs = (className: string): readonly object[] =>
  Array.from({ length: JOBS }, (_, index) => ({
    type: "EC2",
    name: `bulk ${index}`,
    tags: ["bulk"],
    class: className,
  }));

/** The classes of the uploaded jobs: of one upload alone, if it won as a whole. */
const uploadedClasses = async (test: TestLaptop): Promise<readonly string[]> => {
  const pulled = JSON.parse((await runners(test, "mapping", "pull")).out) as { jobs: { class?: string }[] };
  return pulled.jobs.flatMap(({ class: name }) => (name !== undefined && name in CLASSES ? [name] : []));
};

/** An upload by somebody who is asked before it writes. */
const askedUpload = ({ laptop }: TestLaptop, file: string): { child: ChildProcess; text: () => string } => {
  const cli = ["--import", "tsx", join(ROOT, "HelperScripts/cli.ts"), "mapping", "upload", file];
  const terminal = [join(__dirname, "in-terminal.py"), "120", process.execPath, ...cli];
  const child = spawn(PYTHON, terminal, {
    cwd: ROOT,
    env: { ...laptop.run.env, ...laptop.env, TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 90_000,
  });
  let written = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    written += chunk;
  });
  return { child, text: () => written };
};

export const uploadCases = (get: () => TestLaptop): void => {
  const files = (test: TestLaptop): readonly string[] =>
    ["one", "two"].map((name) => document(test, name, manyJobs(name), CLASSES));

  it("F-54: an upload whose table another one changed while it asked is refused and writes nothing", async () => {
    const test = get();
    const [one = "", two = ""] = files(test);
    const asked = askedUpload(test, one);
    const ended = new Promise((resolve) => asked.child.once("close", resolve));
    await until("it asks", 60_000, () => asked.text().includes("Write this to"));
    expect((await runners(test, "mapping", "upload", two, "--yes")).exitCode).toBe(0);
    asked.child.stdin?.write("y\r");
    expect(await ended).toBe(1);
    expect(asked.text().replaceAll(/\s+/g, " ")).toMatch(/Another upload changed .*Nothing was written/);
    expect(new Set(await uploadedClasses(test))).toEqual(new Set(["two"]));
  }, 150_000);

  it("F-54: of two that start at once each wins as a whole or is refused, and its next try succeeds", async () => {
    const test = get();
    const both = files(test);
    const results = await Promise.all(both.map((file) => runners(test, "mapping", "upload", file, "--yes")));
    const ends = results.map(({ exitCode, err }) =>
      exitCode === 1 && /Another upload .*Nothing was written/.test(err) ? "refused" : exitCode,
    );
    // Whether they meet is chance here.
    const possible = [
      [0, 0],
      [0, "refused"],
      ["refused", 0],
    ];
    expect(possible).toContainEqual(ends);
    const classes = await uploadedClasses(test);
    expect([classes.length, new Set(classes).size]).toEqual([JOBS, 1]);
    const again = await runners(test, "mapping", "upload", both[1] ?? "", "--yes", "--json");
    expect(again.exitCode).toBe(0);
    const same = await runners(test, "mapping", "upload", both[1] ?? "", "--yes", "--json");
    expect(JSON.parse(same.out)).toMatchObject({ written: false, unchanged: JOBS + 2 });
    expect(new Set(await uploadedClasses(test))).toEqual(new Set(["two"]));
  }, 150_000);
};
