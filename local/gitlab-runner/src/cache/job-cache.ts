import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CacheConfig } from "./cache-config";
import { presignedAddress } from "./presigned-address";

/** A cache of GitLab's 201 answer. GitLab has put its suffix for the ref's protection onto the key. */
export interface PayloadCache {
  readonly key: string;
  readonly paths?: readonly string[] | null;
  readonly policy?: string;
  readonly when?: string;
}

export interface CacheFolders {
  readonly project: string;
  readonly temporary: string;
  readonly projectId: number;
}

type Tell = (line: string) => void;

const run = promisify(execFile);
const notice = (text: string): string => `\u001b[32;1m${text}\u001b[0;m`;
const warning = (text: string): string => `\u001b[0;33m${text}\u001b[0;m`;

/** Not with the job's PATH. */
const tar = async (...args: readonly string[]): Promise<void> => {
  await run("tar", args, { env: { PATH: "/usr/bin:/bin" } });
};

/** Statuses of which gitlab-runner says which it got. */
const refusal = ({ status, statusText }: Response): string =>
  status === 404 ? "WARNING: file does not exist" : `received: ${status} ${statusText}`;

/** The caches of a job, kept in S3 by presigned addresses. Nothing of a cache fails a job. */
export class JobCache {
  constructor(
    private readonly config: CacheConfig,
    private readonly caches: readonly PayloadCache[],
    private readonly folders: CacheFolders,
    private readonly tell: Tell,
  ) {}

  async restore(): Promise<void> {
    this.tell("\u001b[36;1mRestoring cache\u001b[0;m");
    for (const cache of this.caches) {
      if (cache.policy === "push") this.tell(notice(`Not downloading cache ${cache.key} due to policy`));
      else await this.quietly("extract", () => this.extract(cache));
    }
  }

  /** @param state the job's, for `cache:when` */
  async save(state: "success" | "failed"): Promise<void> {
    const wanted = state === "success" ? "on_success" : "on_failure";
    const caches = this.caches.filter(({ when = "on_success" }) => when === "always" || when === wanted);
    if (caches.length === 0) return;
    this.tell(`\u001b[36;1mSaving cache for ${state === "success" ? "successful" : "failed"} job\u001b[0;m`);
    for (const cache of caches) {
      if (cache.policy === "pull") this.tell(notice(`Not uploading cache ${cache.key} due to policy`));
      else await this.quietly("create", () => this.create(cache));
    }
  }

  private async quietly(verb: "extract" | "create", work: () => Promise<string | undefined>): Promise<void> {
    const failed = await work().catch((error: unknown) => String(error));
    if (failed !== undefined) this.tell(failed);
    const done = verb === "extract" ? "Successfully extracted cache" : "Created cache";
    this.tell(failed === undefined ? notice(done) : warning(`Failed to ${verb} cache`));
  }

  private objectKey({ key }: PayloadCache): string {
    return [this.config.path, "project", this.folders.projectId, key].filter((part) => part !== "").join("/");
  }

  private archive(): string {
    mkdirSync(this.folders.temporary, { recursive: true });
    return join(this.folders.temporary, "cache.tar.gz");
  }

  private async extract(cache: PayloadCache): Promise<string | undefined> {
    this.tell(notice(`Checking cache for ${cache.key}...`));
    const answer = await fetch(await presignedAddress(this.config, "GET", this.objectKey(cache)));
    if (!answer.ok) return refusal(answer);
    const archive = this.archive();
    writeFileSync(archive, Buffer.from(await answer.arrayBuffer()));
    await tar("-xzf", archive, "-C", this.folders.project);
    return undefined;
  }

  private async create(cache: PayloadCache): Promise<string | undefined> {
    this.tell(notice(`Creating cache ${cache.key}...`));
    const archive = this.archive();
    await tar("-czf", archive, "-C", this.folders.project, "--", ...(cache.paths ?? []));
    const address = await presignedAddress(this.config, "PUT", this.objectKey(cache));
    const answer = await fetch(address, { method: "PUT", body: readFileSync(archive) });
    return answer.ok ? undefined : refusal(answer);
  }
}
