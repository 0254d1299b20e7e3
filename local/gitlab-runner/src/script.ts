import type { JobPayload } from "./job-log";

/** What a stage's script is made of. */
export interface StageScript {
  readonly environment: ReadonlyMap<string, string>;
  /** The folder that the lines run in; absent: the shell's own. */
  readonly folder?: string;
  /** Run first and never printed. */
  readonly before?: readonly string[];
  readonly lines: readonly string[];
  /** Print each line before it runs, as the runner does with a job's own lines. */
  readonly echo: boolean;
}

/** Quotes for bash, whatever bytes the text has. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const echoed = (line: string): string =>
  `printf '%s\\n' ${quote(`\u001b[32;1m$ ${line.split("\n")[0]}\u001b[0;m`)}`;

/**
 * The whole script is one `eval`, so that a command which reads stdin finds it empty instead of eating the rest
 * of the script.
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

const GIT_WAYS = ["fetch", "clone"];

const isUsable = (url: string | undefined): url is string => /^https?:\/\/[^/]+\/./.test(url ?? "");

/** The lines that make the project's folder, with the sources in it when the job wants them. */
export const sourceLines = (
  job: JobPayload,
  environment: ReadonlyMap<string, string>,
  folder: string,
): string[] => {
  const make = `mkdir -p ${quote(folder)}`;
  const strategy = environment.get("GIT_STRATEGY") ?? "fetch";
  const git = job.git_info ?? {};
  if (!GIT_WAYS.includes(strategy)) return [make, "echo 'Skipping Git repository setup'"];
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
