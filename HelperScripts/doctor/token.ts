import { duration } from "../console/words";
import { fieldsOf, textOf } from "../gitlab/json";
import { type Check, type DoctorFinding, ok, problem, warning } from "./finding";

const AREA = "access token";
const NEEDED = ["create_runner", "manage_runner", "read_api"];
const DAY = 24 * 60 * 60_000;
const SOON_DAYS = 14;
const SKEW_MILLISECONDS = 30_000;
const RENEW = "Make a new token in GitLab, then: npx runners configure";

const scopeFinding = (scopes: readonly string[]): DoctorFinding => {
  const missing = scopes.includes("api") ? [] : NEEDED.filter((scope) => !scopes.includes(scope));
  return missing.length === 0
    ? ok(AREA, `Its scopes do: ${scopes.join(", ")}`)
    : problem(AREA, `It lacks the scopes ${missing.join(", ")}`, RENEW);
};

const expiryFinding = (expiresAt: string, now: number): DoctorFinding => {
  if (expiresAt === "") return ok(AREA, "It does not expire");
  const left = Date.parse(expiresAt) - now;
  if (left <= 0) return problem(AREA, `It expired on ${expiresAt}`, RENEW);
  const days = Math.floor(left / DAY);
  return days < SOON_DAYS
    ? warning(AREA, `It expires in ${days} days, on ${expiresAt}`, RENEW)
    : ok(AREA, `It expires in ${days} days, on ${expiresAt}`);
};

const clockFinding = (date: number | undefined, now: number): readonly DoctorFinding[] => {
  if (date === undefined) return [];
  const skew = Math.abs(date - now);
  return [
    skew < SKEW_MILLISECONDS
      ? ok("clock", "This machine and GitLab agree on the time")
      : warning(
          "clock",
          `This machine and GitLab are ${duration(skew)} apart`,
          "Set the clocks by NTP: AWS refuses requests of a wrong time, and times shown here will be off",
        ),
  ];
};

/** GitLab itself, and what our token may do there. */
export const checkToken: Check = async ({ context, gitLab }) => {
  if (gitLab === undefined) return [];
  const now = context.now();
  const answer = await gitLab.get("/personal_access_tokens/self");
  if (answer.status === 401) return [problem(AREA, "GitLab refuses it (401)", RENEW)];
  if (answer.status !== 200) {
    const sentence = `GitLab answers ${answer.status} when asked about it`;
    return [problem(AREA, sentence, "Check that Url is GitLab's own address, then look at GitLab")];
  }
  const { scopes, expires_at, active } = fieldsOf(answer.body);
  const known = Array.isArray(scopes) ? scopes.map(String) : [];
  return [
    ...(active === false ? [problem(AREA, "It is revoked or expired", RENEW)] : []),
    scopeFinding(known),
    expiryFinding(textOf(expires_at), now),
    ...clockFinding(answer.date, now),
  ];
};
