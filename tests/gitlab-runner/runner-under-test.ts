import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { feedConfigPipe, makeConfigPipe } from "../../Core/gitlab-runner/config-pipe";
import { runnerArguments } from "../../Core/gitlab-runner/runner-config";
import { RunnerApiDouble } from "./runner-api-double";

export const TOKEN = "glrt-abcdefghijklmnop";
export const SYSTEM_ID = "r_0123456789ab";

/** A command that is said to be gitlab-runner, and the factor on its own waits. */
export interface TestedRunner {
  readonly path: string;
  readonly scale: number;
  /** Whether the GitLab before it hands jobs out in two phases. Absent: it does not, GitLab's default. */
  readonly acknowledgement?: boolean;
}

export interface RunnerStartOptions {
  readonly waitTimeout?: number;
  /** More lines of the `[[runners]]` entry; a later one of the same key does not win, so name none twice. */
  readonly toml?: readonly string[];
  readonly buildsDir?: string;
  /** In the place of the double's address. */
  readonly url?: string;
  /** Beside HOME and PATH; undefined takes one away. */
  readonly environment?: Record<string, string | undefined>;
  /** In the place of all arguments. */
  readonly args?: readonly string[];
}

type Line = Record<string, unknown> & { readonly msg: string };

/** One gitlab-runner before a GitLab of its own, in a folder of its own. */
export class RunnerUnderTest {
  readonly folder = mkdtempSync(join(tmpdir(), "runner-"));
  readonly gitlab = new RunnerApiDouble();
  stderr = "";
  stdout = "";
  private child: ChildProcess | undefined;
  private exit: Promise<number | null> = Promise.resolve(null);

  constructor(private readonly binary: TestedRunner) {}

  get buildsDir(): string {
    return join(this.folder, "builds");
  }

  get lines(): Line[] {
    return this.stderr
      .split("\n")
      .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Line] : []));
  }

  said(text: string): boolean {
    return this.lines.some(({ msg }) => msg.includes(text));
  }

  /** Starts it as the Lambda runner does: the configuration through a pipe, next to no environment. */
  async start(options: RunnerStartOptions = {}): Promise<this> {
    const config = join(this.folder, "config");
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, ".runner_system_id"), SYSTEM_ID);
    const pipe = options.args ? undefined : await makeConfigPipe(config, { PATH: process.env.PATH ?? "" });
    const child = spawn(
      this.binary.path,
      options.args ?? runnerArguments(pipe ?? "", options.waitTimeout ?? 20),
      {
        cwd: this.folder,
        env: { HOME: this.folder, PATH: process.env.PATH, ...options.environment },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    this.watch(child);
    if (pipe) await this.feed(pipe, this.toml(options));
    return this;
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  /** The exit code. */
  ended(): Promise<number | null> {
    return this.exit;
  }

  get isRunning(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  /** Waits for seconds of the runner's own clock. */
  seconds(count: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, count * 1000 * this.binary.scale));
  }

  async close(): Promise<void> {
    this.signal("SIGKILL");
    await this.gitlab.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private toml(options: RunnerStartOptions): string {
    return [
      "[[runners]]",
      '  name = "job"',
      `  url = "${options.url ?? this.gitlab.url}"`,
      `  token = "${TOKEN}"`,
      '  executor = "shell"',
      '  shell = "bash"',
      `  builds_dir = "${options.buildsDir ?? this.buildsDir}"`,
      `  cache_dir = "${join(this.folder, "cache")}"`,
      ...(options.toml ?? []),
      "",
    ].join("\n");
  }

  private async feed(pipe: string, text: string): Promise<void> {
    const gone = new AbortController();
    this.exit.then(() => gone.abort());
    await feedConfigPipe(pipe, text, gone.signal).catch(() => {});
  }

  private watch(child: ChildProcess): void {
    this.child = child;
    child.stderr?.on("data", (bytes) => {
      this.stderr += bytes;
    });
    child.stdout?.on("data", (bytes) => {
      this.stdout += bytes;
    });
    this.exit = new Promise((resolve) => child.once("close", (code) => resolve(code)));
  }
}

/** A case of its own: runner, GitLab and folder are there for it alone, so that cases may run side by side. */
export const withRunner =
  (binary: TestedRunner, run: (runner: RunnerUnderTest) => Promise<void>): (() => Promise<void>) =>
  async () => {
    const runner = new RunnerUnderTest(binary);
    runner.gitlab.acknowledgement = binary.acknowledgement ?? false;
    await runner.gitlab.start();
    try {
      await run(runner);
    } finally {
      await runner.close();
    }
  };
