import { createHash } from "node:crypto";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { encodeItem } from "../../Core/ledger/codec";
import { recordIndexKey, recordKey } from "../../Core/ledger/keys";
import {
  queueKindOf,
  queuesRecord,
  queuesRecordName,
  readQueuedProject,
  unqueued,
} from "../../Core/ledger/queues";
import { isOrdered, isQueued, type LedgerItem, type OrderedAttempt } from "../../Core/model/ledger";
import { LEDGER_TABLE, MAPPING_TABLE, STACK_TABLES } from "../../tests/doubles/dynamodb/stack-tables";
import { DynamoTables } from "../../tests/doubles/dynamodb/tables";
import type { AwsHome, Clients, Context, ProgramCall, ProgramResult } from "../context";
import type { HttpFetch } from "../gitlab/operator-gitlab";
import { runProgram } from "../program";
import { type ConsoleAnswers, consoleDouble } from "./console-double";
import { type AskedOf, checkPermissions } from "./documented-permissions";
import { NamedError } from "./named-error";
import { TableView } from "./table-view";
import { checkOutput } from "./valid-output";

/** One call to AWS, as the double saw it. */
export interface AwsCall {
  readonly command: string;
  readonly input: Record<string, unknown>;
}

type Answer = (input: never) => unknown;

export const ACCOUNT = "111122223333";
export const REGION = "us-east-1";
export const AUTOSCALER = "gitlab-runners-autoscaler";
export const INFRASTRUCTURE = "gitlab-runners-infrastructure";
export const functionArn = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
export const stateMachineArn = (name: string): string =>
  `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`;
export const NOW = Date.parse("2026-11-25T12:00:00Z");

/** Small, so that paging is always on trial. */
const PAGE_SIZE = 40;

const ENVIRONMENT: Record<string, string> = {
  DEFAULT_RUNNER_ARN: functionArn("default"),
  DEFAULT_ARCHITECTURE: "arm64",
  INSTANCE_TYPES_ARM64: "m7g.large,c7g.large",
  INSTANCE_TYPES_X86_64: "m7i.large",
  DISK_GIB: "30",
  EC2_MAX_LIFETIME_SECONDS: "43200",
};

const stack = (
  name: string,
  outputs: Record<string, string>,
  status = "CREATE_COMPLETE",
  parameters: Record<string, string> = {},
) => ({
  StackName: name,
  StackId: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${name}/1`,
  StackStatus: status,
  Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
  Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  })),
});

/** The functions that there are. */
const FUNCTIONS = ["default", "runner", "old", "new", "one", "two"];

/** A deployment in memory, and the command line beside it. Tests change its parts as they need. */
export class DeploymentDouble {
  readonly dynamo = new DynamoTables(STACK_TABLES, { query: PAGE_SIZE, scan: PAGE_SIZE });
  readonly mapping = new TableView(this.dynamo, MAPPING_TABLE);
  readonly ledger = new TableView(this.dynamo, LEDGER_TABLE);
  readonly calls: AwsCall[] = [];
  readonly files = new Map<string, string>();
  /** Files that are not UTF-8. */
  readonly bytes = new Map<string, Uint8Array>();
  readonly parameters = new Map<string, { Value: string; Type: string }>();
  readonly environment: Record<string, string> = { ...ENVIRONMENT };
  readonly env: Record<string, string | undefined> = {};
  readonly stacks = new Map<string, ReturnType<typeof stack>>();
  /** By ARN. */
  readonly functions = new Map<string, Record<string, unknown>>(
    FUNCTIONS.map((name) => [functionArn(name), {}]),
  );
  /** Answers to commands that have no state here; also goes before those that have. */
  readonly answers = new Map<string, Answer>();
  /** Called before a command has its effect; may throw. */
  before: (call: AwsCall, index: number) => void | Promise<void> = () => undefined;
  now = NOW;
  /** Where the clients of `clientsIn` were asked for. */
  readonly homes: AwsHome[] = [];
  /** By path. */
  readonly modes = new Map<string, number>();
  readonly programs: ProgramCall[] = [];
  /** What a program does; by default there is none. */
  runProgram: (call: ProgramCall) => ProgramResult | Promise<ProgramResult> = () => ({
    exitCode: 127,
    output: "",
  });
  /** Programs that got the terminal. */
  readonly interactive: ProgramCall[] = [];
  /** As Ctrl-C does. */
  interrupt: () => void = () => undefined;
  fetch: HttpFetch = async (url) => {
    throw new Error(`Nobody listens at ${url}`);
  };

  constructor() {
    const outputs = {
      MappingTableName: MAPPING_TABLE,
      LedgerTableName: LEDGER_TABLE,
      LookUpRunnerFunctionName: "look-up",
      ConfigurationPath: "/gitlabrunner",
      DeploymentId: INFRASTRUCTURE,
      EventBusName: INFRASTRUCTURE,
      DeadLetterQueueUrl: "https://sqs/dead",
      StartRunnerStateMachineArn: stateMachineArn("start"),
      StopRunnerStateMachineArn: stateMachineArn("stop"),
      RunnerLaunchTemplateArm64Id: "lt-arm",
      RunnerLaunchTemplateX86Id: "lt-x86",
      RunnerInstanceRoleArn: `arn:aws:iam::${ACCOUNT}:role/glr/${INFRASTRUCTURE}/runner/machines`,
    };
    this.stacks.set(AUTOSCALER, stack(AUTOSCALER, outputs));
    const webhook = {
      WebhookUrl: "https://hooks.example.com/webhook",
      SignedWebhookUrl: "https://hooks.example.com/signed-webhook",
      ConfigurationPath: "/gitlabrunner",
    };
    this.stacks.set(INFRASTRUCTURE, stack(INFRASTRUCTURE, webhook));
  }

  setStack(
    name: string,
    outputs: Record<string, string>,
    status?: string,
    parameters?: Record<string, string>,
  ): void {
    this.stacks.set(name, stack(name, outputs, status, parameters));
  }

  setParameter(name: string, Value: string, Type = "SecureString"): void {
    this.parameters.set(`/gitlabrunner/${name}`, { Value, Type });
  }

  putLedger(item: LedgerItem): void {
    this.ledger.put(unmarshall(encodeItem(item)));
    if (item.kind === "attempt" && isQueued(item) && isOrdered(item)) this.#putQueue(item);
  }

  /** Who waits stands in a queue that its project's record names. */
  #putQueue(attempt: OrderedAttempt): void {
    const { projectId } = attempt.order;
    const name = queuesRecordName(projectId);
    const stored = this.ledger.get(recordKey(name).pk, recordKey(name).sk);
    const before = stored
      ? readQueuedProject({ name, version: 1, value: stored.value })
      : unqueued(projectId);
    const queues = [...before.queues, queueKindOf(attempt)];
    const record = queuesRecord(before, { queues, rotation: NOW, joinedAt: NOW });
    this.ledger.put({ ...recordKey(name), ...record, ...recordIndexKey(record) });
  }

  private describeStack(name: string | undefined): object {
    if (name === undefined) return { Stacks: [...this.stacks.values()] };
    const found = this.stacks.get(name);
    if (!found) throw new NamedError("ValidationError", `Stack with id ${name} does not exist`);
    return { Stacks: [found] };
  }

  private describeFunction(name: string): object {
    if (name === "look-up") return { Environment: { Variables: this.environment } };
    const found = this.functions.get(name);
    if (!found) throw new NamedError("ResourceNotFoundException");
    return found;
  }

  private getParameters(names: readonly string[]): object {
    return {
      Parameters: names.flatMap((Name) => {
        const stored = this.parameters.get(Name);
        return stored ? [{ Name, ...stored }] : [];
      }),
    };
  }

  private answer({ command, input }: AwsCall): unknown {
    const own = this.answers.get(command);
    if (own) return own(input as never);
    const { TableName, StackName, FunctionName, Names, Name, Value, Type } = input as Record<string, string>;
    if (TableName !== undefined || command.startsWith("Transact")) return this.dynamo.run(command, input);
    switch (command) {
      case "DescribeStacksCommand":
        return this.describeStack(StackName);
      case "GetFunctionConfigurationCommand":
        return this.describeFunction(FunctionName ?? "");
      case "GetParametersCommand":
        return this.getParameters((Names ?? []) as readonly string[]);
      case "DescribeStateMachineCommand":
        return { status: "ACTIVE", type: "EXPRESS" };
      case "PutParameterCommand":
        this.parameters.set(Name ?? "", { Value: Value ?? "", Type: Type ?? "" });
        return {};
      default:
        throw new NamedError("AccessDeniedException", `not allowed: ${command}`);
    }
  }

  #client(client: keyof Clients, asked: AskedOf[]) {
    const send = async (sent: {
      readonly constructor: { readonly name: string };
      readonly input: object;
    }) => {
      const call = { command: sent.constructor.name, input: sent.input as Record<string, unknown> };
      this.calls.push(call);
      asked.push({ client, command: call.command });
      await this.before(call, this.calls.length);
      return this.answer(call);
    };
    return () => ({ send }) as never;
  }

  /** @param asked gets what is asked of them */
  #clients(asked: AskedOf[]): Clients {
    const client = (name: keyof Clients) => this.#client(name, asked);
    return {
      cloudFormation: client("cloudFormation"),
      dynamoDb: client("dynamoDb"),
      lambda: client("lambda"),
      logs: client("logs"),
      ssm: client("ssm"),
      sqs: client("sqs"),
      ec2: client("ec2"),
      eventBridge: client("eventBridge"),
      iam: client("iam"),
      serviceQuotas: client("serviceQuotas"),
      stepFunctions: client("stepFunctions"),
      sts: client("sts"),
      s3: client("s3"),
    };
  }

  /** Runs one command line. */
  async run(argv: readonly string[], answers: ConsoleAnswers = {}) {
    const console = consoleDouble(answers);
    let randoms = 0;
    const asked: AskedOf[] = [];
    const context: Context = {
      console,
      clients: this.#clients(asked),
      clientsIn: (home) => {
        this.homes.push(home);
        return this.#clients(asked);
      },
      runProgram: async (call) => {
        this.programs.push(call);
        return this.runProgram(call);
      },
      runInteractive: async (call) => {
        this.interactive.push(call);
        return 0;
      },
      fetch: (url, init) => this.fetch(url, init),
      now: () => this.now,
      sleep: async (milliseconds) => {
        this.now += milliseconds;
      },
      random: () =>
        createHash("sha256")
          .update(`${argv.join("-")}-${++randoms}-${Math.random()}`)
          .digest("hex"),
      env: this.env,
      readFile: (path) => {
        const content = this.bytes.get(path) ?? this.files.get(path);
        if (content === undefined) throw Object.assign(new Error("ENOENT"), { code: "ENOENT", path });
        return typeof content === "string" ? Buffer.from(content) : content;
      },
      writeFile: (path, text, mode) => {
        this.files.set(path, text);
        if (mode !== undefined) this.modes.set(path, mode);
      },
      onInterrupt: (listener) => {
        this.interrupt = listener;
        return () => undefined;
      },
    };
    const exitCode = await runProgram(argv, context);
    checkOutput(argv, console.outText());
    checkPermissions(argv, asked);
    return { exitCode, out: console.outText(), err: console.errText(), console };
  }

  /** Commands that change something. */
  writes(): readonly string[] {
    return this.calls
      .map(({ command }) => command)
      .filter((command) => !/^(Get|Describe|Scan|Query|List|Receive)/.test(command));
  }
}
