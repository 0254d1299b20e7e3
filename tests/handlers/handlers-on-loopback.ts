import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  ROLE_TAG,
  RUNNER_FUNCTION_PARAMETER,
  STACK_TAG,
  TENANT_ISOLATION_TAG,
} from "../../Core/configuration";
import { BOOTSTRAP_TABLE, LEDGER_TABLE, MAPPING_TABLE } from "../doubles/dynamodb/stack-tables";
import { ROOT } from "../templates/read-template";
import { AwsOnLoopback } from "./aws-on-loopback";

export const CONFIGURATION_PATH = "/gitlabrunner";
export const DEPLOYMENT = "gitlab-runners-infrastructure";
export const ROLE_ID = "AROAEXAMPLEROLEID0001";
export const RUNNER_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:runner";

const VARIABLES: Readonly<Record<string, string>> = {
  DEPLOYMENT_ID: DEPLOYMENT,
  CONFIGURATION_PATH,
  LEDGER_TABLE,
  BOOTSTRAP_TABLE,
  CACHE_ROLE_ARN: "arn:aws:iam::123456789012:role/cache",
  CACHE_BUCKET: "cache-bucket",
  MAPPING_TABLE,
  EVENT_BUS_NAME: DEPLOYMENT,
  LAUNCH_TEMPLATE_ARM64: "lt-arm",
  LAUNCH_TEMPLATE_X86_64: "lt-x86",
  LAUNCH_TEMPLATE_VERSION_ARM64: "1",
  LAUNCH_TEMPLATE_VERSION_X86_64: "1",
  SUBNET_IDS: "subnet-1,subnet-2",
  ROOT_DEVICE_NAME: "/dev/xvda",
  RUNNER_ROLE_ID: ROLE_ID,
  DEFAULT_ARCHITECTURE: "arm64",
  INSTANCE_TYPES_ARM64: "m7g.large",
  INSTANCE_TYPES_X86_64: "m7i.large",
  MARKET: "on-demand",
  DISK_GIB: "30",
  EC2_LIFETIME_SECONDS: "7200",
  EC2_MAX_LIFETIME_SECONDS: "43200",
  EC2_WAIT_TIMEOUT_SECONDS: "120",
  LAMBDA_LIFETIME_SECONDS: "900",
  LAMBDA_WAIT_TIMEOUT_SECONDS: "60",
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "a",
  AWS_SECRET_ACCESS_KEY: "b",
};

export type Handler = (input: unknown, context?: unknown) => Promise<unknown>;

const HANDLERS = join(ROOT, "AutoScaler/src/handlers");

/** By file, e.g. `find-runner`. */
const loadHandlers = (): Readonly<Record<string, Handler>> => {
  const files = readdirSync(HANDLERS).filter((name) => /^[a-z0-9-]+\.ts$/.test(name));
  const loaded = files.map((name) => [name.slice(0, -3), require(join(HANDLERS, name)).handler] as const);
  return Object.fromEntries(loaded.filter(([, handler]) => handler !== undefined));
};

export interface HandlersOnLoopback {
  readonly aws: AwsOnLoopback;
  readonly handlers: Readonly<Record<string, Handler>>;
  close(): Promise<void>;
}

/** AutoScaler's functions as they are wired, with AWS on loopback. One set for a test file: modules are loaded once. */
export const openHandlers = async (gitLab: {
  url: string;
  accessToken: string;
}): Promise<HandlersOnLoopback> => {
  const aws = await AwsOnLoopback.open();
  aws.parameters.set(`${CONFIGURATION_PATH}/Url`, gitLab.url);
  aws.parameters.set(`${CONFIGURATION_PATH}/AccessToken`, gitLab.accessToken);
  aws.parameters.set(`${CONFIGURATION_PATH}/${RUNNER_FUNCTION_PARAMETER}`, RUNNER_ARN);
  aws.functionTags = { [ROLE_TAG]: "runner", [STACK_TAG]: DEPLOYMENT, [TENANT_ISOLATION_TAG]: "on" };
  const before = process.env;
  process.env = { ...before, ...VARIABLES, AWS_ENDPOINT_URL: aws.url };
  return {
    aws,
    handlers: loadHandlers(),
    close: async () => {
      process.env = before;
      await aws.close();
    },
  };
};
