import { signingKey, signingKeyText } from "../../Core/gitlab/webhook-signature";
import type { ParameterName, StoredParameter } from "../configuration";
import { fieldsOf, textOf } from "./json";
import type { OperatorGitLab } from "./operator-gitlab";

/** How webhooks prove that they are GitLab's, and where they go. */
export interface WebhookProof {
  readonly url: string;
  /** Sent as `X-Gitlab-Token`; absent: no token is wanted. */
  readonly token?: string;
  /** GitLab's signing token; absent: webhooks are not signed. */
  readonly signingToken?: string;
}

/** A secret to be stored. */
export interface SecretWrite {
  readonly parameter: Extract<ParameterName, `webhook${string}`>;
  readonly value: string;
}

/** A proof, and what has to be stored for it. */
export interface PreparedProof {
  readonly proof: WebhookProof;
  readonly writes: readonly SecretWrite[];
}

export interface ProofPlan extends PreparedProof {
  /** One sentence: which proof, and why. */
  readonly sentence: string;
  /** For a GitLab that turns out to sign nothing: its feature is switched off. */
  readonly unsigned: PreparedProof;
}

/** GitLab signs webhooks since this version. */
const FIRST_SIGNING_VERSION = 19;

/** What was found before anything is decided. */
export interface ProofQuestion {
  readonly urls: { readonly token: string; readonly signed?: string | undefined };
  readonly stored: Readonly<Partial<Record<ParameterName, StoredParameter>>>;
  readonly isRotation: boolean;
  /** 64 hexadecimal digits. */
  readonly random: () => string;
}

/** @returns e.g. `19.4.0-ee`, or nothing where GitLab does not tell */
export const gitLabVersion = async (gitLab: OperatorGitLab): Promise<string> =>
  textOf(fieldsOf((await gitLab.get("/version")).body).version);

const signs = (version: string): boolean => Number.parseInt(version, 10) >= FIRST_SIGNING_VERSION;

const secretWrites = (
  name: "webhookSecret" | "webhookSigningKey",
  old: StoredParameter | undefined,
  value: string,
): readonly SecretWrite[] => {
  if (old?.value === value && old.type === "SecureString") return [];
  const isReplaced = old !== undefined && old.value !== value && old.value !== "";
  return [
    ...(isReplaced ? [{ parameter: `${name}Previous` as const, value: old.value }] : []),
    { parameter: name, value },
  ];
};

/** The proof by `X-Gitlab-Token`: the stored secret, or a new one. */
const tokenProof = ({ urls, stored, isRotation, random }: ProofQuestion): PreparedProof => {
  const old = stored.webhookSecret;
  const token = old === undefined || isRotation ? random() : old.value;
  return { proof: { url: urls.token, token }, writes: secretWrites("webhookSecret", old, token) };
};

/** The proof by a signature alone: the stored key, or a new one. */
const signedProof = ({ stored, isRotation, random }: ProofQuestion, url: string): PreparedProof => {
  // One of another form lets nobody in, so it is neither kept nor of use as the one before.
  const old = signingKey(stored.webhookSigningKey?.value ?? "") && stored.webhookSigningKey;
  const signingToken = old && !isRotation ? old.value : signingKeyText(Buffer.from(random(), "hex"));
  return { proof: { url, signingToken }, writes: secretWrites("webhookSigningKey", old, signingToken) };
};

/** A token that is stored is sent beside the signature: other webhooks may still need it. */
const planSigned = (question: ProofQuestion, url: string): Omit<ProofPlan, "sentence"> => {
  const signed = signedProof(question, url);
  const unsigned = tokenProof(question);
  if (question.stored.webhookSecret === undefined) return { ...signed, unsigned };
  const proof = { ...unsigned.proof, ...signed.proof };
  return { proof, writes: [...signed.writes, ...unsigned.writes], unsigned: { ...unsigned, writes: [] } };
};

/** Signed where GitLab and the deployment can, by token otherwise. */
export const planProof = (version: string, question: ProofQuestion): ProofPlan => {
  const { signed } = question.urls;
  if (signs(version) && signed !== undefined) {
    const sentence = `GitLab ${version} signs webhooks: theirs go to ${signed}`;
    return { ...planSigned(question, signed), sentence };
  }
  const why = signs(version)
    ? "The stack Infrastructure takes no signed webhooks yet: deploy its newest version"
    : `GitLab ${version || "of unknown version"} does not sign webhooks`;
  const byToken = tokenProof(question);
  return { ...byToken, unsigned: byToken, sentence: `${why}. They are known by X-Gitlab-Token` };
};
