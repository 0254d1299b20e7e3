import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunTimeouts, runTimeouts } from "../../Core/gitlab-runner/run-timeouts";
import type { BootstrapRow } from "../../Core/model/bootstrap-row";
import { systemTable } from "../../Core/process/process-table";
import { Environment } from "../../LambdaShellRunner/src/environment/environment";
import { type EnvironmentRoot, openRoot } from "../../LambdaShellRunner/src/environment/environment-root";
import type { ActiveRun } from "../../LambdaShellRunner/src/process/shutdown";
import { type ServeDependencies, type ServeResult, serve } from "../../LambdaShellRunner/src/serve";
import { runnerPath } from "./binary";
import { RunnerApiDouble } from "./runner-api-double";

export const TOKEN = "glrt-t0kenOfTheRunner1";

export interface LambdaRunnerOptions {
  readonly isolated?: boolean;
  readonly binary?: string;
  readonly variables?: Record<string, string>;
  readonly timeouts?: Partial<RunTimeouts>;
  readonly row?: Partial<BootstrapRow>;
  /** In place of a folder in `root`. */
  readonly openRoot?: () => Promise<EnvironmentRoot>;
}

/** A Lambda runner before a GitLab on loopback, with a bootstrap table that is a map. For tests. */
export class LambdaRunner {
  readonly rows = new Map<string, BootstrapRow>();
  readonly current: ActiveRun = {};
  readonly folder = mkdtempSync(join(tmpdir(), "lambda-runner-"));
  thrownAway = 0;
  /** What the next row has otherwise. */
  row: Partial<BootstrapRow>;
  private readonly environment: Environment;

  private constructor(
    readonly gitlab: RunnerApiDouble,
    private readonly options: LambdaRunnerOptions,
  ) {
    this.row = options.row ?? {};
    const variables = { RUNNER_ROOT: this.root };
    mkdirSync(this.root);
    this.environment = new Environment(
      options.isolated ?? false,
      options.openRoot ?? (() => openRoot(variables, false)),
      () => {
        this.thrownAway += 1;
      },
    );
  }

  static async open(options: LambdaRunnerOptions = {}): Promise<LambdaRunner> {
    return new LambdaRunner(await new RunnerApiDouble().start(), options);
  }

  /** Where environments are made. */
  get root(): string {
    return join(this.folder, "root");
  }

  async close(): Promise<void> {
    await this.gitlab.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Puts the row of a runner and invokes for it. */
  async invoke(runnerId: number): Promise<ServeResult> {
    this.rows.set(`nonce-${runnerId}`, this.bootstrapRow(runnerId));
    return this.deliver(runnerId);
  }

  /** Invokes, whether there is a row or not. */
  deliver(runnerId: number): Promise<ServeResult> {
    return serve(this.dependencies(), { bootstrapKey: `nonce-${runnerId}`, runnerId }, this.current);
  }

  private bootstrapRow(runnerId: number): BootstrapRow {
    return {
      key: `nonce-${runnerId}`,
      url: this.gitlab.url,
      token: TOKEN,
      runnerId,
      provider: "LAMBDA",
      lifetimeSeconds: 600,
      waitTimeoutSeconds: 20,
      privileged: false,
      deletesOwnRecord: false,
      ttl: 4_000_000_000,
      ...this.row,
    };
  }

  private dependencies(): ServeDependencies {
    return {
      takeRow: async ({ bootstrapKey }) => {
        const row = this.rows.get(bootstrapKey);
        this.rows.delete(bootstrapKey);
        return row;
      },
      environment: this.environment,
      table: systemTable(),
      binary: this.options.binary ?? runnerPath(),
      variables: { PATH: process.env.PATH, ...this.options.variables },
      requestId: "6f1c0000-0000-4000-8000-000000000001",
      functionName: "runner-function",
      timeouts: (row) => ({ ...runTimeouts(row, 900_000), ...this.options.timeouts }),
    };
  }
}
