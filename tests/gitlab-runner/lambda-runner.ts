import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BootstrapRow } from "../../Core/bootstrap-row";
import { systemTable } from "../../Core/process/process-table";
import { Environment } from "../../LambdaShellRunner/src/environment";
import { openRoot } from "../../LambdaShellRunner/src/environment-root";
import { runLimits } from "../../LambdaShellRunner/src/limits";
import { type Current, type ServeResult, serve, type World } from "../../LambdaShellRunner/src/serve";
import type { Limits } from "../../LambdaShellRunner/src/watch";
import { STAND_IN } from "./binary";
import { GitLabDouble } from "./gitlab-double";

export const TOKEN = "glrt-t0kenOfTheRunner1";

export interface Options {
  readonly isolated?: boolean;
  readonly binary?: string;
  readonly variables?: Record<string, string>;
  readonly limits?: Partial<Limits>;
  readonly row?: Partial<BootstrapRow>;
}

/** A Lambda runner before a GitLab on loopback, with a bootstrap table that is a map. For tests. */
export class LambdaRunner {
  readonly rows = new Map<string, BootstrapRow>();
  readonly current: Current = {};
  readonly folder = mkdtempSync(join(tmpdir(), "lambda-runner-"));
  thrownAway = 0;
  private readonly environment: Environment;

  private constructor(
    readonly gitlab: GitLabDouble,
    private readonly options: Options,
  ) {
    const variables = { RUNNER_ROOT: this.root };
    mkdirSync(this.root);
    this.environment = new Environment(
      options.isolated ?? false,
      () => openRoot(variables, false),
      () => {
        this.thrownAway += 1;
      },
    );
  }

  static async open(options: Options = {}): Promise<LambdaRunner> {
    return new LambdaRunner(await new GitLabDouble().start(), options);
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
    this.rows.set(`nonce-${runnerId}`, this.row(runnerId));
    return this.deliver(runnerId);
  }

  /** Invokes, whether there is a row or not. */
  deliver(runnerId: number): Promise<ServeResult> {
    return serve(this.world(), { bootstrapKey: `nonce-${runnerId}`, runnerId }, this.current);
  }

  private row(runnerId: number): BootstrapRow {
    return {
      key: `nonce-${runnerId}`,
      url: this.gitlab.url,
      token: TOKEN,
      runnerId,
      carrier: "LAMBDA",
      lifetimeSeconds: 600,
      waitTimeoutSeconds: 20,
      privileged: false,
      deletesOwnRecord: false,
      ttl: 4_000_000_000,
      ...this.options.row,
    };
  }

  private world(): World {
    return {
      take: async ({ bootstrapKey }) => {
        const row = this.rows.get(bootstrapKey);
        this.rows.delete(bootstrapKey);
        return row;
      },
      environment: this.environment,
      table: systemTable(),
      binary: this.options.binary ?? STAND_IN,
      variables: { PATH: process.env.PATH, ...this.options.variables },
      limits: (row) => ({ ...runLimits(row, 900_000), ...this.options.limits }),
    };
  }
}
