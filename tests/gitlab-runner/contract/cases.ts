import { concurrentWith } from "../../needs";
import type { RunnerApiDouble } from "../runner-api-double";
import type { TestedRunner } from "../runner-under-test";

/** A gitlab-runner under test: `fast` has its waits shortened a little where it can, `faster` a lot. */
export interface Subject {
  readonly name: string;
  readonly fast: TestedRunner;
  readonly faster: TestedRunner;
}

/** The same runner before a GitLab that hands jobs out in two phases. */
export const confirming = ({ name, fast, faster }: Subject): Subject => ({
  name: `${name}, where a job waits for its confirmation`,
  fast: { ...fast, acknowledgement: true },
  faster: { ...faster, acknowledgement: true },
});

/** For cases that take minutes where the waits cannot be shortened: left out there. */
export const slowCase = ({ faster }: Subject): jest.It["concurrent"] =>
  concurrentWith(faster.scale < 1, "no way to shorten a real gitlab-runner's waits of minutes");

/** The job of a case. */
export const JOB = 7;
export const PUT = `PUT jobs/${JOB}`;
export const PATCH = `PATCH jobs/${JOB}/trace`;
/** Begins and does not end by itself. */
export const SLEEPER = ["echo begun", "sleep 300"];

/** Answers the first request of a kind otherwise, and all after it as the double does. */
export const firstTime = (
  gitlab: RunnerApiDouble,
  kind: string,
  status: number,
  headers: Record<string, string> = {},
) => {
  gitlab.answer = (seen, count) =>
    `${seen.method} ${seen.path}` === kind && count === 1 ? { status, headers, body: {} } : undefined;
};
