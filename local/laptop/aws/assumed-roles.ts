import type { AdmittedCall, CredentialStore, Upstream } from "../../gateway";
import { parsePolicy } from "../../iam";

const MIN_SECONDS = 900;
/** Of a role that is taken by a role. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const MAX_SECONDS = 3_600;
const MAX_POLICY_CHARACTERS = 2_048;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;

const fault = (message: string): { status: number; body: string } => ({
  status: 400,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`,
});

const answer = (credentials: CredentialStore, call: AdmittedCall): { status: number; body: string } => {
  const form = new URLSearchParams(call.request.body.toString("utf8"));
  const seconds = Number(form.get("DurationSeconds") ?? MAX_SECONDS);
  const policy = form.get("Policy");
  const roleArn = form.get("RoleArn") ?? "";
  const sessionName = form.get("RoleSessionName") ?? "";
  if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS))
    return fault("DurationSeconds is out of its range");
  if (!SESSION_NAME.test(sessionName)) return fault("RoleSessionName is missing, or not one");
  if (policy !== null && policy.length > MAX_POLICY_CHARACTERS) return fault("Policy is too long");
  const sessionPolicies =
    policy === null ? {} : { sessionPolicies: [parsePolicy("session", JSON.parse(policy))] };
  const given = credentials.issue({ kind: "role", roleArn, sessionName, ...sessionPolicies }, seconds);
  const fields = [
    `<AccessKeyId>${given.accessKeyId}</AccessKeyId>`,
    `<SecretAccessKey>${given.secretAccessKey}</SecretAccessKey>`,
    `<SessionToken>${given.sessionToken}</SessionToken>`,
    `<Expiration>${new Date(Date.now() + seconds * 1_000).toISOString()}</Expiration>`,
  ];
  const result = `<AssumeRoleResult><Credentials>${fields.join("")}</Credentials></AssumeRoleResult>`;
  return { status: 200, body: `<AssumeRoleResponse>${result}</AssumeRoleResponse>` };
};

/**
 * Gives out credentials of a role, within its session policy, to who was let through. The engine's would be good for
 * nothing at the gateway.
 */
export const withAssumedRoles =
  (credentials: CredentialStore, behind: Upstream): Upstream =>
  async (call, response) => {
    if (`${call.service} ${call.operation}` !== "sts AssumeRole") return behind(call, response);
    const { status, body } = answer(credentials, call);
    response.writeHead(status, { "content-type": "text/xml" }).end(body);
  };
