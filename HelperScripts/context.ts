import type { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { LambdaMicrovmsClient } from "@aws-sdk/client-lambda-microvms";
import type { S3Client } from "@aws-sdk/client-s3";
import type { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import type { SFNClient } from "@aws-sdk/client-sfn";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { STSClient } from "@aws-sdk/client-sts";
import { safeJson } from "../Core/safe-text";
import type { Console } from "./console/console";
import type { HttpFetch } from "./gitlab/operator-gitlab";

type Client<Sdk extends { send: unknown }> = Pick<Sdk, "send">;

/** AWS, a client a service; made when first asked for. */
export interface Clients {
  cloudFormation(): Client<CloudFormationClient>;
  dynamoDb(): Client<DynamoDBClient>;
  lambda(): Client<LambdaClient>;
  microVms(): Client<LambdaMicrovmsClient>;
  logs(): Client<CloudWatchLogsClient>;
  ssm(): Client<SSMClient>;
  s3(): Client<S3Client>;
  sqs(): Client<SQSClient>;
  ec2(): Client<EC2Client>;
  eventBridge(): Client<EventBridgeClient>;
  iam(): Client<IAMClient>;
  serviceQuotas(): Client<ServiceQuotasClient>;
  stepFunctions(): Client<SFNClient>;
  sts(): Client<STSClient>;
}

/** Where in AWS a command works; what is left out is as the AWS environment has it. */
export interface AwsHome {
  readonly region?: string;
  readonly profile?: string;
}

/** A program to be run. Secrets come by `env`, never by `args`, which other users of the machine can read. */
export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Over the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the program when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface ProgramResult {
  /** 127: there is no such program. */
  readonly exitCode: number;
  /** The last of stdout and stderr. */
  readonly output: string;
}

/** The world as commands see it. */
export interface Context {
  readonly console: Console;
  readonly clients: Clients;
  /** Clients that work elsewhere than the AWS environment says. */
  readonly clientsIn: (home: AwsHome) => Clients;
  /** Runs a program to its end. Throws nothing: what goes wrong is in the result. */
  readonly runProgram: (call: ProgramCall) => Promise<ProgramResult>;
  /** Runs a program that has the terminal to itself, Ctrl-C included. @returns its exit code */
  readonly runInteractive: (call: ProgramCall) => Promise<number>;
  readonly fetch: HttpFetch;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** 64 hexadecimal digits. */
  readonly random: () => string;
  /** The environment variables that commands and AWS's clients read; `--profile` and `--region` change it. */
  readonly env: Record<string, string | undefined>;
  readonly readFile: (path: string) => Uint8Array;
  /**
   * Makes the file's folder where it is missing.
   *
   * @param mode of the file, e.g. 0o600; also where it is there already
   */
  readonly writeFile: (path: string, text: string, mode?: number) => void;
  /**
   * Ctrl-C and SIGTERM once end nothing but call the listener; a second time they end the program as ever.
   *
   * @returns forgets the listener
   */
  readonly onInterrupt: (listener: () => void) => () => void;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly stackName: string;
  readonly json?: boolean;
}

/** A command ends: 0 done, 1 failed, 2 misused. */
export type ExitCode = 0 | 1 | 2;

/** Shows a result: as one JSON document, or as text for people. */
export const show = (
  context: Context,
  options: Pick<CommonOptions, "json">,
  json: unknown,
  text: string,
): void => context.console.out(options.json ? safeJson(JSON.stringify(json, undefined, 2)) : text);

/** The user gave the program something that it cannot work with. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Asks, unless `yes`; without anybody to ask it is a misuse. */
export const agreed = async (
  context: Context,
  yes: boolean | undefined,
  question: string,
): Promise<boolean> => {
  if (yes) return true;
  if (!context.console.isInteractive) {
    throw new UsageError(
      "Nobody is there to ask: give --yes to go on, or --dry-run to see what would be done",
    );
  }
  return context.console.confirm(question);
};
