import type { CheckResult } from "./result";

/** What a run found, fit to be sent to others: no secret, no account, no address. */
export interface VerifyReport {
  readonly startedAt: string;
  readonly tookSeconds: number;
  readonly result: "passed" | "failed";
  readonly region: string;
  /** Whether an emulator stood for AWS (AWS_ENDPOINT_URL). */
  readonly emulator: boolean;
  /** As GitLab tells it; `unknown`: it does not. */
  readonly gitLabVersion: string;
  readonly checks: readonly CheckResult[];
}

export interface ReportFacts extends Pick<VerifyReport, "region" | "emulator" | "gitLabVersion"> {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Texts that must not be shown, and what stands for them. */
  readonly hidden: ReadonlyMap<string, string>;
}

/** Tokens of GitLab's forms, whoever they belong to: https://docs.gitlab.com/security/tokens/#token-prefixes */
const TOKEN = /\b(gl[a-z]{2,5}-|GR1348941|whsec_)[\w+/=.-]{6,}/g;

const without = (text: string, hidden: ReportFacts["hidden"]): string =>
  [...hidden]
    .filter(([secret]) => secret !== "")
    .reduce((rest, [secret, stand]) => rest.replaceAll(secret, stand), text)
    .replace(TOKEN, "<token>");

const round = (seconds: number): number => Math.round(seconds * 10) / 10;

const rounded = (seconds: CheckResult["seconds"] = {}): Record<string, number> =>
  Object.fromEntries(Object.entries(seconds).map(([step, took]) => [step, round(took)]));

export const verifyReport = (facts: ReportFacts, results: readonly CheckResult[]): VerifyReport => ({
  startedAt: new Date(facts.startedAt).toISOString(),
  tookSeconds: round((facts.endedAt - facts.startedAt) / 1_000),
  result:
    results.some(({ result }) => result === "passed") && results.every(({ result }) => result !== "failed")
      ? "passed"
      : "failed",
  region: facts.region,
  emulator: facts.emulator,
  gitLabVersion: facts.gitLabVersion,
  checks: results.map((one) => ({
    ...one,
    detail: without(one.detail, facts.hidden),
    tookSeconds: round(one.tookSeconds),
    ...(one.seconds ? { seconds: rounded(one.seconds) } : {}),
  })),
});

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", "<br>");

const steps = ({ seconds = {} }: CheckResult): string =>
  Object.entries(seconds)
    .map(([step, took]) => `${step} ${took} s`)
    .join(", ");

/** The report for people. */
export const reportMarkdown = (report: VerifyReport): string => {
  const { startedAt, tookSeconds, result, region, emulator, gitLabVersion, checks } = report;
  const where = emulator ? "an emulator" : `AWS (${region})`;
  return [
    "# Verification of the runners",
    "",
    `${startedAt}, ${tookSeconds} s, on ${where} with GitLab ${gitLabVersion}: **${result}**`,
    "",
    "| check | result | time | steps | what was seen |",
    "|---|---|---|---|---|",
    ...checks.map(
      (one) => `| ${one.name} | ${one.result} | ${one.tookSeconds} s | ${steps(one)} | ${cell(one.detail)} |`,
    ),
    "",
  ].join("\n");
};
