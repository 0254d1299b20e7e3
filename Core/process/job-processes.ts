import { setTimeout as sleep } from "node:timers/promises";
import { hasMark, type JobMark } from "./job-mark";
import type { ProcessEntry, ProcessTable } from "./process-table";

/** By what a process is known to be the job's. */
export interface Evidence {
  /** gitlab-runner's process: the first of the job's, with a session of its own. */
  readonly runnerPid: number;
  /** The job's HOME: a folder that is new and random, so that nobody else has it in their environment. */
  readonly home: string;
  readonly mark: JobMark | undefined;
  /**
   * Where nothing but this function runs (Lambda): what was there before the job. Everything else that is there
   * now is the job's. Undefined where others run too.
   */
  readonly before: readonly ProcessEntry[] | undefined;
}

const INIT = 1;
const LOOK_AGAIN_MILLISECONDS = 20;

const identity = (entry: ProcessEntry): string => `${entry.pid} ${entry.started}`;

/** 0 is no session: the kernel's own threads have it, and it is all that macOS tells. */
const family = (entry: ProcessEntry): number => entry.session || entry.group;

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already, or somebody else's, which is never among the proven ones for long.
  }
};

/**
 * The processes of one job, each with a proof: started by gitlab-runner or by one of the job's, of the runner's
 * session, with the job's HOME in its environment, or with the job's mark. A process that fits none is left alone.
 */
export class JobProcesses {
  private readonly proven = new Set<string>();
  /** Sessions, and where the system does not tell them process groups, that are the job's. */
  private readonly families = new Set<number>();
  private readonly bystanders: Set<string> | undefined;
  /** The runner as it was first seen: its number may be another's when it has gone. */
  private runner: string | undefined;

  constructor(
    private readonly table: ProcessTable,
    private readonly evidence: Evidence,
    private readonly ownPid = process.pid,
  ) {
    this.bystanders = evidence.before && new Set(evidence.before.map(identity));
    this.families.add(evidence.runnerPid);
  }

  /** Looks around. To be called now and then while the job runs: what is proven once stays so. */
  look(): ProcessEntry[] {
    const entries = this.table.list();
    const spared = this.spared(entries);
    this.runner ??= entries.filter(({ pid }) => pid === this.evidence.runnerPid).map(identity)[0];
    this.forgetFamilies(entries);
    const candidates = entries.filter((entry) => !spared.has(entry.pid));
    for (const entry of candidates) if (this.isProvenByItself(entry)) this.prove(entry);
    while (this.proveChildren(candidates)) {
      // A child may come before its parent in the list.
    }
    return candidates.filter((entry) => !entry.isZombie && this.proven.has(identity(entry)));
  }

  /**
   * Ends all of them: first each is stopped, so that none can start another while the rest is ended.
   *
   * @param spare a process that lives on: the runner, which has still to report
   * @returns whether none is left
   */
  async end(limitMilliseconds: number, spare?: number): Promise<boolean> {
    const isMeant = (entry: ProcessEntry): boolean => entry.pid !== spare;
    for (const limit = performance.now() + limitMilliseconds; ; ) {
      const found = this.look().filter(isMeant);
      if (found.length === 0) return true;
      for (const entry of found) send(entry.pid, "SIGSTOP");
      for (const entry of this.look().filter(isMeant)) send(entry.pid, "SIGKILL");
      if (performance.now() > limit) return false;
      await sleep(LOOK_AGAIN_MILLISECONDS);
    }
  }

  private prove(entry: ProcessEntry): void {
    this.proven.add(identity(entry));
    this.families.add(family(entry));
  }

  /** A number without members may be given to somebody else; our own is never the job's. */
  private forgetFamilies(entries: readonly ProcessEntry[]): void {
    const alive = new Set(entries.map(family));
    for (const number of this.families) if (!alive.has(number)) this.families.delete(number);
    const own = entries.find(({ pid }) => pid === this.ownPid);
    if (own) this.families.delete(family(own));
  }

  private isProvenByItself(entry: ProcessEntry): boolean {
    if (this.proven.has(identity(entry)) || identity(entry) === this.runner) return true;
    if (this.families.has(family(entry))) return true;
    if (this.bystanders && !this.bystanders.has(identity(entry))) return true;
    const { environment, limits } = this.table.inherited(entry.pid);
    return (
      environment.split("\0").includes(`HOME=${this.evidence.home}`) || hasMark(limits, this.evidence.mark)
    );
  }

  private proveChildren(candidates: readonly ProcessEntry[]): boolean {
    const pids = new Set(
      candidates.filter((entry) => this.proven.has(identity(entry))).map(({ pid }) => pid),
    );
    const children = candidates.filter(
      (entry) => pids.has(entry.parent) && !this.proven.has(identity(entry)),
    );
    for (const child of children) this.prove(child);
    return children.length > 0;
  }

  /** This process, what it descends from, and what descends from those who were there before the job. */
  private spared(entries: readonly ProcessEntry[]): Set<number> {
    const byPid = new Map(entries.map((entry) => [entry.pid, entry]));
    const spared = new Set<number>([INIT]);
    for (let pid = this.ownPid; pid > INIT; pid = byPid.get(pid)?.parent ?? 0) spared.add(pid);
    if (!this.bystanders) return spared;
    const isOthers = (entry: ProcessEntry | undefined): boolean => {
      if (!entry || entry.pid === INIT || entry.pid === this.ownPid) return false;
      return this.bystanders?.has(identity(entry)) || isOthers(byPid.get(entry.parent));
    };
    for (const entry of entries) if (isOthers(entry)) spared.add(entry.pid);
    return spared;
  }
}
