import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { describeWith } from "../../tests/needs";
import { makeProgram } from "../program";
import { DeploymentDouble } from "../testing/deployment-double";
import { bashCompletion } from "./bash";
import { commandWords } from "./command-tree";

const program = (): Command => makeProgram(async () => undefined);

const scriptFor = async (shell: string): Promise<string> =>
  (await new DeploymentDouble().run(["completion", shell])).out;

const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What the function that bash has registered for the line's program replies when Tab is pressed at the line's end. */
const inBash = (script: string, line: string): readonly string[] => {
  const words = line.split(" ");
  const press = [
    script,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    'registered=$(complete -p -- "$1") && registered=${registered##*-F } && registered=${registered%% *} || exit 9',
    `COMP_WORDS=(${words.map(word).join(" ")})`,
    `COMP_CWORD=${words.length - 1}`,
    '"$registered"',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join("\n");
  const { stdout, stderr } = spawnSync("bash", ["-c", press, "bash", words[0] ?? ""], { encoding: "utf8" });
  return [...stdout.split("\n"), ...stderr.split("\n")].filter(Boolean);
};

/** Types keys into an interactive bash on a terminal of its own; `npx` there says what it was called with. */
const TYPE = `
import os, pty, select, sys, time
child, terminal = pty.fork()
if child == 0:
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
def read_until(wanted):
    seen, until = b"", time.time() + 20
    while wanted not in seen and time.time() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 65536)
    return seen
def type_in(text):
    os.write(terminal, text.encode())
type_in("source " + sys.argv[1] + "; npx() { echo \\"GOT<$*>\\"; }; echo rea''dy\\n")
read_until(b"ready\\r\\n")
type_in(sys.argv[2] + "\\n")
sys.stdout.write(read_until(b"12>").decode())
type_in("exit\\n")
os.waitpid(child, 0)
`;

describe("completion", () => {
  it.each([
    ["runners wh", ["why"]],
    ["npx runners wh", ["why"]],
    ["npx runners mapping ", ["upload", "check", "pull", "--profile", "--region", "--help"]],
    ["npx runners mapping upload --pr", ["--prune", "--profile"]],
    ["npx runners --region eu-west-1 stat", ["status"]],
    ["npx runners why --stack-name ", []],
    ["npx runners completion b", ["bash"]],
    ["npx other wh", []],
    ["npx run", []],
  ])("in bash, after %j: %j", async (line, replies) => {
    expect(inBash(await scriptFor("bash"), line)).toEqual(replies);
  });

  it("offers, after each command of the program, its commands and options and nothing else", () => {
    const script = bashCompletion(commandWords(program()));
    const commands = commandWords(program());
    expect(commands.length).toBeGreaterThan(20);
    // One bash for all of them: the same function, asked again.
    const lines = commands.map(({ path }) => ["npx", "runners", ...path, ""]);
    const ask = lines.map(
      (words) =>
        `COMP_WORDS=(${words.map(word).join(" ")}); COMP_CWORD=${words.length - 1}; COMPREPLY=(); _runners; echo "\${COMPREPLY[*]}"`,
    );
    const { stdout } = spawnSync("bash", ["-c", [script, ...ask].join("\n")], { encoding: "utf8" });
    expect(stdout.trimEnd().split("\n")).toEqual(
      commands.map(({ suggestions }) => suggestions.map((each) => each.word).join(" ")),
    );
  });

  it("knows a command and an option as soon as the program has them", () => {
    const grown = program();
    grown.command("brand-new").option("--shiny <value>", "it's new");
    const script = bashCompletion(commandWords(grown));
    expect(inBash(script, "npx runners brand")).toEqual(["brand-new"]);
    expect(inBash(script, "npx runners brand-new --sh")).toEqual(["--shiny"]);
    expect(inBash(script, "npx runners brand-new --shiny ")).toEqual([]);
    expect(inBash(bashCompletion(commandWords(program())), "npx runners brand")).toEqual([]);
  });

  it.each(["zsh", "fish"])("%s gets each command with its description", async (shell) => {
    const script = await scriptFor(shell);
    for (const command of program().commands) expect(script).toContain(command.name());
    expect(script).toContain("the life of one job");
  });

  it("refuses another shell", async () => {
    expect((await new DeploymentDouble().run(["completion", "tcsh"])).exitCode).toBe(2);
  });

  it("completes what is typed at bash's own prompt", async () => {
    const folder = mkdtempSync(join(tmpdir(), "completion-"));
    const file = join(folder, "runners.bash");
    writeFileSync(file, await scriptFor("bash"));
    const typed = spawnSync("python3", ["-c", TYPE, file, "npx runners wh\t12"], { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect(typed.stderr).toBe("");
    expect(typed.stdout).toContain("GOT<runners why 12>");
  });
});

const isHere = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

/** Read from a file: as a child's standard input, `/dev/stdin` is a socket here, which neither shell can open. */
const syntaxErrors = async (shell: string): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "completion-"));
  const file = join(folder, `runners.${shell}`);
  writeFileSync(file, await scriptFor(shell));
  const { stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return stderr;
};

describeWith(isHere("zsh"), "no zsh")("zsh", () => {
  it("finds no error of syntax in its script", async () => expect(await syntaxErrors("zsh")).toBe(""));
});

describeWith(isHere("fish"), "no fish")("fish", () => {
  it("finds no error of syntax in its script", async () => expect(await syntaxErrors("fish")).toBe(""));
});
