import {
  type AccessVerdict,
  type AuthorizerSettings,
  authorizer,
  refusingUnclear,
} from "../access/authorizer";
import type { Caller } from "../access/caller";
import type { CredentialStore } from "../access/credentials";
import { UnclearCallError } from "../operations/need";
import { type ReadCall, readCall } from "../operations/read-call";
import { type HeaderMap, headersOf } from "../signature/request";
import { type ReceivedRequest, SignatureError, signatureVerifier, type Verified } from "../sigv4";
import { RefusedError } from "./refused-error";
import type { AdmittedCall } from "./upstream";

export interface AdmissionSettings extends AuthorizerSettings {
  readonly credentials: CredentialStore;
}

const read = ({ service }: Verified, request: ReceivedRequest, caller: Caller): ReadCall => {
  try {
    return readCall(service, request);
  } catch (error) {
    if (!(error instanceof UnclearCallError)) throw error;
    const message = `The laptop cannot judge this call: ${error.message}`;
    throw new RefusedError({ code: "AccessDenied", message }, { service, caller });
  }
};

/** What is not known is the operator's alone: nobody could say which right it needs. */
const judgeUnknown = (caller: Caller, { service, operation }: ReadCall): AccessVerdict =>
  caller.kind === "operator"
    ? { kind: "allowed" }
    : {
        kind: "refused",
        message: `The laptop does not know which rights ${service} ${operation} needs: add it to its operations`,
      };

const judge = (settings: AuthorizerSettings) => {
  const authorize = authorizer(settings);
  return async (caller: Caller, call: ReadCall, headers: HeaderMap): Promise<AccessVerdict> => {
    const { needs } = call;
    if (needs === undefined) return judgeUnknown(caller, call);
    const agent = headers.get("user-agent")?.[0];
    const wire = agent === undefined ? {} : { "aws:UserAgent": agent };
    return refusingUnclear(async () => authorize(caller, await needs(settings), wire));
  };
};

/**
 * Admits a request that is signed with credentials of the laptop's and whose caller may do what it asks.
 *
 * @returns a function that rejects with a RefusedError or SignatureError
 */
export const admission = (
  settings: AdmissionSettings,
): ((request: ReceivedRequest) => Promise<AdmittedCall>) => {
  const { credentials } = settings;
  const verify = signatureVerifier({ ...settings, secretOf: credentials.secretOf });
  const mayDo = judge(settings);
  return async (request) => {
    const verified = verify(request);
    const caller = credentials.callerOf(verified.accessKeyId);
    if (caller === undefined) {
      throw new SignatureError("UnrecognizedClientException", "The credentials are gone");
    }
    const call = read(verified, request, caller);
    const { service, operation } = call;
    const verdict = await mayDo(caller, call, headersOf(request));
    if (verdict.kind === "allowed") return { request, caller, service, operation };
    throw new RefusedError(
      { code: "AccessDenied", message: verdict.message },
      { service, caller, operation },
    );
  };
};
