import type { JobAccount, JobAccountCode } from "../../Core/model/job-account";
import { accountWords } from "../../Core/model/job-account-words";
import { duration, plural } from "../console/words";
import { readStatus } from "../ledger/read-status";
import { type Check, type DoctorFinding, ok, problem, warning } from "./finding";

const AREA = "jobs";
const MAX_NAMED = 5;

/** Waiting for these needs a person, sooner or later. */
const HINDERED: readonly JobAccountCode[] = [
  "launch-held-limit",
  "launch-held-capacity",
  "waits-for-resume",
  "waits-for-budget",
  "next-attempt",
];

/** A queue is what limits are for; one that stands so long is worth a look. */
const LONG_WAIT_MILLISECONDS = 15 * 60_000;

const waited = ({ since }: JobAccount, now: number): number => (since === undefined ? 0 : now - since);

const needsLook =
  (now: number) =>
  (account: JobAccount): boolean =>
    HINDERED.includes(account.code) || waited(account, now) > LONG_WAIT_MILLISECONDS;

/** A job that lost its runner is asked of GitLab, and told, by another check (see lost-jobs.ts). */
const isOurs = ({ code }: JobAccount): boolean => code !== "runner-lost";

const groups = (accounts: readonly JobAccount[]): readonly (readonly JobAccount[])[] => {
  const byCode = new Map<JobAccountCode, JobAccount[]>();
  for (const account of accounts) byCode.set(account.code, [...(byCode.get(account.code) ?? []), account]);
  return [...byCode.values()];
};

const names = (accounts: readonly JobAccount[]): string => {
  const ids = accounts.slice(0, MAX_NAMED).map(({ attempt }) => attempt.jobId);
  const more = accounts.length - ids.length;
  return ids.join(", ") + (more > 0 ? ` and ${more} more` : "");
};

const finding = (
  accounts: readonly JobAccount[],
  now: number,
  level: typeof problem | typeof warning,
): readonly DoctorFinding[] => {
  const [first] = accounts;
  if (first === undefined) return [];
  const longest = Math.max(...accounts.map((account) => waited(account, now)));
  const { short, what, remedy } = accountWords(first);
  const one = `${plural(accounts.length, "job")} (${names(accounts)}), for ${duration(longest)}: `;
  const sentence = one + (accounts.length === 1 ? what : `${short}; of job ${first.attempt.jobId}: ${what}`);
  return [level(AREA, sentence, remedy ?? `npx runners why ${first.attempt.jobId} tells more`)];
};

/** Jobs that wait for something that a person can change, and those with which nothing goes on. */
export const checkJobs: Check = async ({ context, autoScaler }) => {
  const now = context.now();
  const { jobs } = await readStatus(context, autoScaler);
  const { waiting, starting, running, stuck } = jobs;
  const found = [
    ...groups(stuck.filter(isOurs)).flatMap((group) => finding(group, now, problem)),
    ...groups(waiting.filter(needsLook(now))).flatMap((group) => finding(group, now, warning)),
  ];
  const counts = `${waiting.length} waiting, ${starting.length} starting, ${running.length} running`;
  return found.length > 0 ? found : [ok(AREA, counts)];
};
