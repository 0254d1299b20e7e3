import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type CompletingShell = "bash" | "zsh" | "fish";

export const isHere = (shell: CompletingShell): boolean => spawnSync(shell, ["--version"]).status === 0;

/** What a program gave, line by line, and then what it said of errors, so that no fault is overlooked. */
const linesOf = ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) => [
  ...stdout.split("\n").slice(0, -1),
  ...stderr.split("\n").filter(Boolean),
];

/** Does something with a file of the text, in a folder that has nothing else. */
const withFile = <Value>(text: string, work: (file: string, folder: string) => Value): Value => {
  const folder = mkdtempSync(join(tmpdir(), "completion-"));
  try {
    const file = join(folder, ".script");
    writeFileSync(file, text);
    return work(file, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Nobody's own settings count. */
const FLAGS = { bash: ["--norc", "--noprofile"], zsh: ["-f"], fish: ["--no-config"] } as const;

const run = (shell: CompletingShell, commands: readonly string[], cwd: string): readonly string[] =>
  linesOf(
    spawnSync(shell, [...FLAGS[shell], "-c", commands.join("\n")], {
      encoding: "utf8",
      cwd,
      timeout: 20_000,
    }),
  );

const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const list = (line: string): string => line.split(" ").map(word).join(" ");

/** Calls the function that bash has registered for the line's program, as bash does when Tab is pressed. */
const bashTab = (line: string): readonly string[] => [
  "COMPREPLY=()",
  `registered=$(complete -p -- ${word(line.split(" ")[0] ?? "")}) && registered=\${registered##*-F } && registered=\${registered%% *}`,
  `COMP_WORDS=(${list(line)}); COMP_CWORD=${line.split(" ").length - 1}`,
  `"$registered"; echo "\${COMPREPLY[*]}"`,
];

/** zsh replies inside of its line editor alone: there the functions show what they would have offered. */
const zshTab = (line: string): readonly string[] => [
  `words=(${list(line)}); CURRENT=${line.split(" ").length}`,
  'unset shown; "$registered"; echo "$shown"',
];
const ZSH_SHOWS = [
  "compdef() { registered=$1 }",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
  "_describe() { shown=${(j: :)${(P)2}%%:*}; shown=${(j: :)${(M)${=shown}:#${words[CURRENT]}*}} }",
  "_default() { : }",
];

const fishTab = (line: string): readonly string[] => [
  `printf '%s ' (complete -C ${word(line)} | string split -f1 \\t); echo`,
];

const TABS = { bash: bashTab, zsh: zshTab, fish: fishTab } as const;

/**
 * What a shell offers at the end of each line when Tab is pressed there: one line each, words joined by blanks.
 *
 * @param script the completion's
 */
export const offered = (
  shell: CompletingShell,
  script: string,
  lines: readonly string[],
): readonly string[] =>
  withFile(script, (file, cwd) => {
    const before = [...(shell === "zsh" ? ZSH_SHOWS : []), `source ${file}`];
    return run(shell, [...before, ...lines.flatMap(TABS[shell])], cwd);
  });

/**
 * Types keys into an interactive shell on a terminal of its own, where `npx` says what it was called with.
 * Python has such terminals in its standard library, and this clone needs it anyway.
 */
const TYPE = `
import os, pty, select, sys, time
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "dumb"
    os.execvp(sys.argv[1], [*sys.argv[1:-2], "-i"])
def read_until(wanted):
    seen, until = b"", time.time() + 20
    while wanted not in seen and time.time() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 65536)
    return seen
def type_in(text):
    os.write(terminal, text.encode())
type_in(sys.argv[-2] + "; echo rea''dy\\n")
read_until(b"ready\\r\\n")
type_in(sys.argv[-1] + "\\n")
sys.stdout.write(read_until(b">\\r\\n").decode(errors="replace"))
type_in("exit\\n")
os.waitpid(child, 0)
`;

const NPX = {
  bash: 'npx() { echo "GOT<$*>"; }',
  zsh: 'npx() { echo "GOT<$*>"; }',
  fish: 'function npx; echo "GOT<$argv>"; end',
} as const;
const BEFORE = { bash: "", zsh: "autoload -Uz compinit; compinit -u -D; ", fish: "" } as const;

/**
 * What `npx` was called with by a line that was typed at a shell's prompt, e.g. `runners why 12`.
 *
 * @param script the completion's
 * @param keys with tabs
 */
export const typedAtPrompt = (shell: CompletingShell, script: string, keys: string): string =>
  withFile(script, (file, cwd) => {
    const begin = `${BEFORE[shell]}source ${file}; ${NPX[shell]}`;
    const args = ["-c", TYPE, shell, ...FLAGS[shell], begin, keys];
    const { stdout, stderr } = spawnSync("python3", args, { encoding: "utf8", cwd, timeout: 60_000 });
    return /GOT<(?<called>[^>$]*)>/.exec(stdout)?.groups?.called ?? stdout + stderr;
  });
