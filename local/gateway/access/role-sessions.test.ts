import { credentialStore } from "./credentials";
import { roleSessions } from "./role-sessions";

const HOUR_MS = 3_600_000;
const worker = {
  kind: "role",
  roleArn: "arn:aws:iam::123456789012:role/worker",
  sessionName: "one",
} as const;

const setUp = () => {
  const system = { now: 0, isTrusted: true };
  const credentials = credentialStore(() => system.now);
  const authorize = async () =>
    system.isTrusted ? ({ kind: "allowed" } as const) : ({ kind: "refused", message: "no trust" } as const);
  return { system, credentials, sessions: roleSessions(authorize, credentials, () => system.now) };
};

it("gives a session the same credentials until half of their time is over, and then others", async () => {
  const { system, credentials, sessions } = setUp();
  const first = await sessions.of("lambda.amazonaws.com", worker);
  expect(await sessions.of("lambda.amazonaws.com", worker)).toBe(first);
  system.now += 3 * HOUR_MS;
  const second = await sessions.of("lambda.amazonaws.com", worker);
  expect(second.accessKeyId).not.toBe(first.accessKeyId);
  expect(credentials.callerOf(first.accessKeyId)).toEqual(worker);
  system.now = first.expiresAt;
  expect(credentials.callerOf(first.accessKeyId)).toBeUndefined();
});

it("gives each session of a role its own", async () => {
  const { sessions } = setUp();
  const one = await sessions.of("lambda.amazonaws.com", worker);
  const other = await sessions.of("lambda.amazonaws.com", { ...worker, sessionName: "two" });
  expect(other.accessKeyId).not.toBe(one.accessKeyId);
});

it("gives none where the role does not trust the service, not even ones that it gave before", async () => {
  const { system, sessions } = setUp();
  await sessions.of("lambda.amazonaws.com", worker);
  system.isTrusted = false;
  await expect(sessions.of("lambda.amazonaws.com", worker)).rejects.toThrow("no trust");
});
