import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";

/** Environment variables by name; Lambda sets region and credentials. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** All of Parameter Store's share in answering a webhook, connection included (F-9). */
const BUDGET_MILLISECONDS = 1_000;
const TRIES = 3;
const PAUSE_MILLISECONDS = 100;

const endpoint = (env: Environment, region: string): URL => {
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return new URL(env.AWS_ENDPOINT_URL_SSM || env.AWS_ENDPOINT_URL || `https://ssm.${region}.${suffix}`);
};

const signer = (env: Environment, region: string): SignatureV4 =>
  new SignatureV4({
    service: "ssm",
    region,
    sha256: Sha256,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
      ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
    },
  });

const post = (
  url: URL,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const outgoing = send(url, { method: "POST", headers, signal, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const answer = Buffer.concat(chunks).toString("utf8");
        if (incoming.statusCode === 200) resolve(answer);
        // An error's body stays out: it may name what an operator keeps secret.
        else reject(new Error(`Parameter Store answered ${incoming.statusCode}`));
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });

/** Forty environments that start at once meet Parameter Store's throttle: some dice, within the budget. */
const withinBudget = async (
  call: (signal: AbortSignal) => Promise<string>,
  budget: number,
): Promise<string> => {
  const signal = AbortSignal.timeout(budget);
  for (let tries = 1; ; tries += 1) {
    try {
      return await call(signal);
    } catch (error) {
      if (signal.aborted || tries === TRIES) throw error;
    }
    await pause(Math.random() * tries * PAUSE_MILLISECONDS, undefined, { signal });
  }
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Name → value of what the answer holds; parameters that do not exist are left out of it. */
const parse = (answer: string): ReadonlyMap<string, string> => {
  const body: unknown = JSON.parse(answer);
  if (!isRecord(body) || !Array.isArray(body.Parameters))
    throw new Error("Parameter Store's answer is no list");
  const pairs = body.Parameters.filter(isRecord).map(({ Name, Value }) => [String(Name), Value] as const);
  return new Map(pairs.filter((pair): pair is [string, string] => typeof pair[1] === "string"));
};

/**
 * Parameter Store's GetParameters, decrypted, in a second at most, repeats included. Signed with the SDK's signature
 * package: the whole SSM client would take the authorizer longer to load than all the rest of it.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
 *
 * @param names ten at most
 * @throws Error on any other answer than 200, and when the time is over
 */
export const readParameters = async (
  env: Environment,
  names: readonly string[],
  budgetMilliseconds = BUDGET_MILLISECONDS,
): Promise<ReadonlyMap<string, string>> => {
  const region = env.AWS_REGION ?? "";
  const url = endpoint(env, region);
  const body = JSON.stringify({ Names: names, WithDecryption: true });
  const request = {
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname,
    path: "/",
    headers: {
      host: url.host,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AmazonSSM.GetParameters",
    },
    body,
  };
  const { headers } = await signer(env, region).sign(request);
  return parse(await withinBudget((signal) => post(url, headers, body, signal), budgetMilliseconds));
};
