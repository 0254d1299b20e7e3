import { setTimeout as sleep } from "node:timers/promises";
import { hasMark, type JobMark } from "./job-mark";
import type { ProcessEntry, ProcessTable } from "./process-table";

/** The evidence by which a process belongs to the job. */
export interface ProcessEvidence {
  /** gitlab-runner's process, which leads a session of its own. */
  readonly runnerPid: number;
  /** The job's HOME: a new folder with a random name, which no other process has in its environment. */
  readonly home: string;
  readonly mark: JobMark | undefined;
  /**
   * The processes before the job, where no other program runs (Lambda): all later ones belong to the job.
   * Undefined on other machines.
   */
  readonly before: readonly ProcessEntry[] | undefined;
}

const INIT = 1;
const POLL_MILLISECONDS = 20;

const identity = (entry: ProcessEntry): string => `${entry.pid} ${entry.started}`;

/** Session 0 identifies no session (kernel threads, and all of macOS): then the group counts. */
const sessionOf = (entry: ProcessEntry): number => entry.session || entry.group;

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already, or belongs to another user.
  }
};

/**
 * The processes of one job. Each is proven to belong to it: it descends from gitlab-runner, is in the session
 * of such a process, has the job's HOME in its environment, or has the job's mark. All others are left alone.
 */
export class JobProcesses {
  private readonly proven = new Set<string>();
  /** The job's sessions; where the system does not show sessions, its process groups. */
  private readonly sessions = new Set<number>();
  private readonly bystanders: Set<string> | undefined;
  /** The runner when it was first seen: after its exit another process may have its pid. */
  private runner: string | undefined;

  constructor(
    private readonly table: ProcessTable,
    private readonly evidence: ProcessEvidence,
    private readonly ownPid = process.pid,
  ) {
    this.bystanders = evidence.before && new Set(evidence.before.map(identity));
    this.sessions.add(evidence.runnerPid);
  }

  /** Finds the job's processes. Call it repeatedly while the job runs: a process once proven stays so. */
  scan(): ProcessEntry[] {
    const entries = this.table.list();
    const spared = this.spared(entries);
    this.runner ??= entries.filter(({ pid }) => pid === this.evidence.runnerPid).map(identity)[0];
    this.forgetSessions(entries);
    const candidates = entries.filter((entry) => !spared.has(entry.pid));
    for (const entry of candidates) if (this.isProvenByItself(entry)) this.prove(entry);
    while (this.proveChildren(candidates)) {
      // A child may come before its parent in the list.
    }
    return candidates.filter((entry) => !entry.isZombie && this.proven.has(identity(entry)));
  }

  /**
   * Sends SIGTERM to all of them.
   *
   * @param spare a process that gets no signal: the runner
   */
  terminate(spare?: number): void {
    for (const { pid } of this.others(spare)) send(pid, "SIGTERM");
  }

  /**
   * Kills all present processes. It stops them first, so that none can start another one meanwhile. Processes
   * that the runner starts later are not affected.
   *
   * @param spare a process that is not killed: the runner, which still has to report
   * @returns whether there were any
   */
  kill(spare?: number): boolean {
    const stopped = new Set<number>();
    for (let found = this.others(spare); found.length > 0; ) {
      for (const { pid } of found) send(pid, "SIGSTOP");
      for (const { pid } of found) stopped.add(pid);
      found = this.others(spare).filter(({ pid }) => !stopped.has(pid));
    }
    for (const pid of stopped) send(pid, "SIGKILL");
    return stopped.size > 0;
  }

  /**
   * Ends all of them, also those that start meanwhile: by SIGTERM, and after the grace period by SIGKILL.
   *
   * @returns true if none is left
   */
  async end(limitMilliseconds: number, graceMilliseconds = 0): Promise<boolean> {
    if (graceMilliseconds > 0) this.terminate();
    if (await this.areGone(graceMilliseconds, () => {})) return true;
    return this.areGone(limitMilliseconds, () => this.kill());
  }

  private async areGone(limitMilliseconds: number, act: () => void): Promise<boolean> {
    for (const limit = performance.now() + limitMilliseconds; ; ) {
      act();
      if (this.scan().length === 0) return true;
      if (performance.now() > limit) return false;
      await sleep(POLL_MILLISECONDS);
    }
  }

  private others(spare: number | undefined): ProcessEntry[] {
    return this.scan().filter(({ pid }) => pid !== spare);
  }

  private prove(entry: ProcessEntry): void {
    this.proven.add(identity(entry));
    this.sessions.add(sessionOf(entry));
  }

  /** The system may reuse the number of an empty session. Our own session is never the job's. */
  private forgetSessions(entries: readonly ProcessEntry[]): void {
    const alive = new Set(entries.map(sessionOf));
    for (const number of this.sessions) if (!alive.has(number)) this.sessions.delete(number);
    const own = entries.find(({ pid }) => pid === this.ownPid);
    if (own) this.sessions.delete(sessionOf(own));
  }

  private isProvenByItself(entry: ProcessEntry): boolean {
    if (this.proven.has(identity(entry)) || identity(entry) === this.runner) return true;
    if (this.sessions.has(sessionOf(entry))) return true;
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

  /** This process, its ancestors, and the descendants of processes that existed before the job. */
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
