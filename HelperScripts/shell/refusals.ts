/** Why no shell is opened. */
export const SHELL_REFUSALS = {
  "job-unknown": "the ledger does not know the job",
  "no-instance": "it has no EC2 runner: no shell is opened on another one while it runs its job",
  "class-without-shell":
    'its runner was launched for a class that allows none: add "shell": true to the class in the mapping and upload it. It counts from the next launch on',
  "ref-protected": "it runs on a protected branch or tag: no shell is ever opened there",
  "ref-unknown":
    "GitLab does not tell whether its branch or tag is protected, as for merge requests and where no AccessToken is stored: no shell is opened then",
  "job-not-running": "it is not running on the runner that was started for it: look at its life with why",
  "role-without-tag":
    "the runners' role may not use Session Manager: allow it with npx runners shell --allow, for instances that are launched afterwards",
} as const;

export type ShellRefusal = keyof typeof SHELL_REFUSALS;

/** The machine on which a shell may be opened, as found just now. */
export interface ShellTarget {
  readonly jobId: number;
  readonly projectId: number;
  readonly runnerId: number;
  readonly instanceId: string;
}
