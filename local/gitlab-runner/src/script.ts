import type { JobPayload } from "./job-log";

/** The content of a stage's script. */
export interface StageScript {
  readonly environment: ReadonlyMap<string, string>;
  /** Working directory; absent: the shell's own. */
  readonly folder?: string;
  /** Lines that run first and are not printed. */
  readonly before?: readonly string[];
  readonly lines: readonly string[];
  /** Whether to print each line before it runs, as gitlab-runner does with a job's lines. */
  readonly echo: boolean;
}

/** Quotes any text for bash. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The command that shows a line as gitlab-runner shows the job's: its first line, in green. */
export const echoed = (line: string): string =>
  `printf '%s\\n' ${quote(`\u001b[32;1m$ ${line.split("\n")[0]}\u001b[0;m`)}`;

/**
 * The whole script is one `eval`, so that a command that reads stdin finds it empty and does not consume the rest of the
 * script.
 */
export const stageScript = (stage: StageScript): string => {
  const body = [
    "set -eo pipefail",
    "set +o noclobber",
    ...[...stage.environment].map(([key, value]) => `export ${key}=${quote(value)}`),
    ...(stage.folder === undefined ? [] : [`cd ${quote(stage.folder)}`]),
    ...(stage.before ?? []),
    ...stage.lines.flatMap((line) => (stage.echo ? [echoed(line), line] : [line])),
  ].join("\n");
  return `eval ${quote(body)} </dev/null\n`;
};

const FETCHING_STRATEGIES = ["fetch", "clone"];

const isUsable = (url: string | undefined): url is string => /^https?:\/\/[^/]+\/./.test(url ?? "");

/** The lines that create the project's folder and fetch the sources, as the job's Git strategy asks. */
export const sourceLines = (
  job: JobPayload,
  environment: ReadonlyMap<string, string>,
  folder: string,
): string[] => {
  const make = `mkdir -p ${quote(folder)}`;
  const strategy = environment.get("GIT_STRATEGY") ?? "fetch";
  const git = job.git_info ?? {};
  if (!FETCHING_STRATEGIES.includes(strategy)) return [make, "echo 'Skipping Git repository setup'"];
  if (!isUsable(git.repo_url)) return [make, "echo 'The job has no repository to fetch from'"];
  const depth = git.depth && git.depth > 0 ? `--depth ${Math.trunc(git.depth)} ` : "";
  const refspecs = git.refspecs?.length
    ? git.refspecs
    : [`+refs/heads/${git.ref ?? "main"}:refs/remotes/origin/${git.ref ?? "main"}`];
  const checkout =
    environment.get("GIT_CHECKOUT") === "false"
      ? []
      : [`git checkout -f -q ${quote(git.sha ?? "FETCH_HEAD")}`];
  return [
    ...(strategy === "clone" ? [`rm -rf ${quote(folder)}`] : []),
    make,
    "export GIT_TERMINAL_PROMPT=0",
    `git init -q ${quote(folder)}`,
    `cd ${quote(folder)}`,
    `git remote remove origin 2>/dev/null || true`,
    `git remote add origin ${quote(git.repo_url)}`,
    `git fetch -q --prune --force ${depth}origin ${refspecs.map(quote).join(" ")}`,
    ...checkout,
  ];
};
