import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProgramCall, ProgramResult } from "../context";
import { CLONE } from "../deploy/answers/kept-answers";
import { ACCOUNT, REGION } from "./deployment-double";
import { NamedError } from "./named-error";
import { PlayedDeployment } from "./played-deployment";

interface PlayedEvent {
  readonly EventId: string;
  readonly LogicalResourceId: string;
  readonly ResourceType: string;
  readonly ResourceStatus: string;
  readonly ResourceStatusReason?: string;
}

interface TableChange {
  readonly TableName: string;
  readonly DeletionProtectionEnabled?: boolean;
}

/** One call of `sam deploy`, as the double saw it. */
export interface PlayedSamDeploy {
  readonly stack: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Faults that can be put in. */
export interface AccountFaults {
  /** By stack: the reason why one of its resources fails, once. */
  readonly fails: Map<string, string>;
  /** By stack: SAM dies without a word, and CloudFormation ends what it has begun, this much later in milliseconds. */
  readonly dies: Map<string, number>;
  /** By stack: why it cannot be deleted, once. */
  readonly stays: Map<string, string>;
}

const DOCKER_IMAGE_FILES = ["LambdaShellRunner/template.yaml", "LambdaShellRunner/Dockerfile"];
const SECOND = 1_000;

/**
 * An AWS account without our stacks, and the programs that `deploy` runs: SAM, which deploys to CloudFormation here, and
 * Docker. GitLab and the jobs are those of `PlayedDeployment`, which is what a whole deployment looks like.
 */
export class PlayedAccount {
  readonly played = new PlayedDeployment();
  readonly builds: string[] = [];
  readonly deploys: PlayedSamDeploy[] = [];
  readonly deleted: string[] = [];
  readonly faults: AccountFaults = { fails: new Map(), dies: new Map(), stays: new Map() };
  /** Whether Docker runs here, and for which processor. */
  docker: string | undefined = "x86_64";
  samVersion: string | undefined = "SAM CLI, version 1.167.0";
  /** Milliseconds between a stack's first resource and its second. */
  slowness = 0;
  /** What SAM's build says when it fails. */
  buildFailure: string | undefined;
  readonly tables = new Set<string>();
  /** Objects that were put, as `bucket/key`. */
  readonly uploads: string[] = [];
  /** The deployment id of each image of the account's own. */
  readonly images = new Map<string, string>();
  /** By a bucket's name: the deployment id of its tag, and the objects that it holds. */
  readonly buckets = new Map<string, { readonly deploymentId?: string; readonly objects: Set<string> }>();
  readonly #events = new Map<string, PlayedEvent[]>();
  /** A status that comes by itself at a time. */
  readonly #later = new Map<string, { readonly at: number; readonly status: string }>();
  readonly #deployed = new Map<string, ReturnType<PlayedDeployment["on"]["stacks"]["get"]>>();
  /** By stack, what it was last deployed with: the same again is no change. */
  readonly #inputs = new Map<string, string>();
  readonly #unprotected = new Set<string>();
  #nextEvent = 0;

  constructor() {
    const { on } = this.played;
    for (const [name, stack] of on.stacks) this.#deployed.set(name, stack);
    on.stacks.clear();
    on.parameters.clear();
    on.mapping.clear();
    on.env.AWS_REGION = REGION;
    this.played.gitLab.token.scopes = ["api"];
    for (const file of DOCKER_IMAGE_FILES)
      on.files.set(join(CLONE, file), readFileSync(join(CLONE, file), "utf8"));
    on.runProgram = (call) => this.#run(call);
    on.fetch = (url, init) => {
      this.#tellSecrets();
      return this.played.fetch(url, init);
    };
    this.#answerCloudFormation();
    this.#answerRest();
  }

  get on() {
    return this.played.on;
  }

  /** The webhook's API reads its secrets from Parameter Store. */
  #tellSecrets(): void {
    const stored = (name: string): string =>
      [...this.on.parameters].find(([key]) => key.endsWith(`/${name}`))?.[1].Value ?? "";
    this.played.gitLab.secret = stored("WebhookSecret");
    this.played.gitLab.signingKey = Buffer.from(stored("WebhookSigningKey").replace("whsec_", ""), "base64");
  }

  // ------------------------------------------------------------------------------------------ programs

  #run(call: ProgramCall): ProgramResult | Promise<ProgramResult> {
    const { program, args } = call;
    if (program === "docker" || program === "finch") {
      const runs = program === "docker" && this.docker !== undefined;
      return runs ? { exitCode: 0, output: `${this.docker}\n` } : { exitCode: 127, output: "" };
    }
    if (program === process.execPath) return this.#runNode(args);
    if (this.samVersion === undefined) return { exitCode: 127, output: "" };
    if (args[0] === "--version") return { exitCode: 0, output: this.samVersion };
    return args[0] === "build" ? this.#build(args) : this.#deploy(call);
  }

  #runNode(args: readonly string[]): ProgramResult {
    if (args.some((each) => each.endsWith("pin.ts")))
      return { exitCode: 0, output: "NODE_DIGEST=sha256:abc\n" };
    if (args.some((each) => each.endsWith("microvm-code.ts"))) {
      const path = `/clone/${"ab".repeat(16)}.zip`;
      this.on.files.set(path, "archive");
      return { exitCode: 0, output: `${path}\n` };
    }
    this.samVersion = "SAM CLI, version 1.167.0";
    return { exitCode: 0, output: "" };
  }

  #build(args: readonly string[]): ProgramResult {
    if (this.buildFailure !== undefined) return { exitCode: 1, output: this.buildFailure };
    this.builds.push(args.join(" "));
    return { exitCode: 0, output: "Build Succeeded" };
  }

  #event(stack: string, event: Omit<PlayedEvent, "EventId">): void {
    this.#nextEvent += 1;
    const events = this.#events.get(stack) ?? [];
    this.#events.set(stack, [{ EventId: `event-${this.#nextEvent}`, ...event }, ...events]);
  }

  setStatus(
    name: string,
    status: string,
    later?: { readonly afterMilliseconds: number; readonly status: string },
  ): void {
    this.on.setStack(name, {}, status);
    if (later) this.#later.set(name, { at: this.on.now + later.afterMilliseconds, status: later.status });
  }

  async #deploy({ args, env = {} }: ProgramCall): Promise<ProgramResult> {
    const stack = args[args.indexOf("--stack-name") + 1] ?? "";
    const overrides = args
      .slice(args.indexOf("--parameter-overrides") + 1)
      .filter((each) => /^\w+="/.test(each));
    const parameters = Object.fromEntries(
      overrides.map((each) => [each.split("=")[0] ?? "", each.slice(each.indexOf('"') + 1, -1)]),
    );
    this.deploys.push({ stack, parameters, args, env });
    const input = JSON.stringify([args[args.indexOf("--template-file") + 1], parameters]);
    if (this.#inputs.get(stack) === input)
      return { exitCode: 0, output: `No changes to deploy. ${stack} is up to date` };
    const isThere = this.on.stacks.has(stack);
    this.on.now += 7 * SECOND;
    const failure = this.faults.fails.get(stack);
    if (failure !== undefined) return this.#fail(stack, failure, isThere);
    const pause = this.faults.dies.get(stack);
    if (pause !== undefined) {
      this.faults.dies.delete(stack);
      this.setStatus(stack, "CREATE_IN_PROGRESS", { afterMilliseconds: pause, status: "CREATE_COMPLETE" });
      return { exitCode: 1, output: "" };
    }
    this.#inputs.set(stack, input);
    await this.#complete(stack);
    return { exitCode: 0, output: "Successfully created/updated stack" };
  }

  #fail(stack: string, reason: string, isThere: boolean): ProgramResult {
    this.faults.fails.delete(stack);
    const resource = { LogicalResourceId: "LedgerTable", ResourceType: "AWS::DynamoDB::Table" };
    // Events of one moment come in any order.
    this.#event(stack, {
      ...resource,
      LogicalResourceId: "Other",
      ResourceStatus: "CREATE_FAILED",
      ResourceStatusReason: "Resource creation cancelled",
    });
    this.#event(stack, { ...resource, ResourceStatus: "CREATE_FAILED", ResourceStatusReason: reason });
    if (!isThere) this.setStatus(stack, "ROLLBACK_COMPLETE");
    return { exitCode: 1, output: "Error: Failed to create/update the stack" };
  }

  async #complete(stack: string): Promise<void> {
    for (const LogicalResourceId of ["One", "Two", stack]) {
      if (LogicalResourceId === "Two") await this.#until(this.on.now + this.slowness);
      const ResourceType = LogicalResourceId === stack ? "AWS::CloudFormation::Stack" : "AWS::IAM::Role";
      this.#event(stack, { LogicalResourceId, ResourceType, ResourceStatus: "CREATE_COMPLETE" });
    }
    this.#setDeployed(stack);
  }

  /** Others' sleep is what makes time pass here. */
  async #until(time: number): Promise<void> {
    while (this.on.now < time) await Promise.resolve();
  }

  #setDeployed(stack: string): void {
    const suffix = /-(infrastructure|lambda-shell-runner|microvm-runner|autoscaler)$/.exec(stack)?.[0] ?? "";
    const known = this.#deployed.get(`gitlab-runners${suffix}`);
    const outputs = Object.fromEntries(
      (known?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    );
    const { ConfigurationPath = "" } = this.deploys.findLast((one) => one.stack === stack)?.parameters ?? {};
    const ofDeployment = { ConfigurationPath, DeploymentId: stack.replace(suffix, "-infrastructure") };
    const repository = {
      RunnerImageRepositoryUri: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/runner`,
      EventBusName: stack,
      CacheBucketName: `${stack}-cachebucket-1`,
    };
    this.on.setStack(stack, {
      ...outputs,
      ...ofDeployment,
      ...(suffix === "-infrastructure" ? repository : {}),
    });
    if (suffix !== "-autoscaler") return;
    for (const id of ["MappingTable", "LedgerTable"]) this.tables.add(`${stack}-${id}-ABC`);
  }

  // ------------------------------------------------------------------------------------ CloudFormation

  #nameOf = (nameOrId: string): string => nameOrId.split("/")[1] ?? nameOrId;

  #settle(name: string): void {
    const later = this.#later.get(name);
    if (later === undefined || this.on.now < later.at) return;
    this.#later.delete(name);
    if (later.status === "DELETE_COMPLETE") this.on.stacks.delete(name);
    else if (later.status === "CREATE_COMPLETE") this.#setDeployed(name);
    else this.setStatus(name, later.status);
  }

  #answerCloudFormation(): void {
    const { answers } = this.on;
    answers.set("DescribeStacksCommand", ({ StackName }: { StackName: string }) => {
      const name = this.#nameOf(StackName);
      this.#settle(name);
      const found = this.on.stacks.get(name);
      if (found === undefined)
        throw new NamedError("ValidationError", `Stack with id ${StackName} does not exist`);
      return { Stacks: [found] };
    });
    answers.set("DescribeStackEventsCommand", ({ StackName }: { StackName: string }) => ({
      StackEvents: this.#events.get(this.#nameOf(StackName)) ?? [],
    }));
    answers.set("ListChangeSetsCommand", () => ({
      Summaries: [{ ChangeSetName: "newest", CreationTime: new Date(this.on.now) }],
    }));
    answers.set("DescribeChangeSetCommand", () => ({ Changes: [{}, {}] }));
    answers.set("DeleteStackCommand", ({ StackName }: { StackName: string }) =>
      this.#delete(this.#nameOf(StackName)),
    );
  }

  #delete(name: string): object {
    const reason = this.faults.stays.get(name);
    this.deleted.push(name);
    if (reason === undefined) {
      this.#inputs.delete(name);
      this.setStatus(name, "DELETE_IN_PROGRESS", {
        afterMilliseconds: 5 * SECOND,
        status: "DELETE_COMPLETE",
      });
      return {};
    }
    this.faults.stays.delete(name);
    this.#event(name, {
      LogicalResourceId: "Vpc",
      ResourceType: "AWS::EC2::VPC",
      ResourceStatus: "DELETE_FAILED",
      ResourceStatusReason: reason,
    });
    this.setStatus(name, "DELETE_FAILED");
    return {};
  }

  #answerS3(): void {
    const { answers } = this.on;
    const bucket = (name: string) => {
      const found = this.buckets.get(name);
      if (found === undefined) throw new NamedError("NoSuchBucket");
      return found;
    };
    answers.set("PutObjectCommand", ({ Bucket, Key }: { Bucket: string; Key: string }) => {
      this.uploads.push(`${Bucket}/${Key}`);
      return {};
    });
    answers.set("ListBucketsCommand", () => ({
      Buckets: [...this.buckets.keys()].map((Name) => ({ Name })),
    }));
    answers.set("GetBucketTaggingCommand", ({ Bucket }: { Bucket: string }) => {
      const { deploymentId } = bucket(Bucket);
      if (deploymentId === undefined) throw new NamedError("NoSuchTagSet");
      return { TagSet: [{ Key: "glr:stack", Value: deploymentId }] };
    });
    // Small pages, so that there are several.
    answers.set("ListObjectsV2Command", ({ Bucket }: { Bucket: string }) => ({
      Contents: [...bucket(Bucket).objects].slice(0, 2).map((Key) => ({ Key })),
    }));
    answers.set(
      "DeleteObjectsCommand",
      (input: { Bucket: string; Delete: { Objects: { Key: string }[] } }) => {
        for (const { Key } of input.Delete.Objects) bucket(input.Bucket).objects.delete(Key);
        return {};
      },
    );
    answers.set("DeleteBucketCommand", ({ Bucket }: { Bucket: string }) => {
      if (bucket(Bucket).objects.size > 0) throw new NamedError("BucketNotEmpty");
      this.buckets.delete(Bucket);
      return {};
    });
  }

  #answerRest(): void {
    const { answers, parameters } = this.on;
    answers.set("GetFunctionCommand", () => ({
      Configuration: { State: "Active", Timeout: 900, Architectures: ["arm64"] },
      Tags: { "glr:role": "runner", "glr:stack": this.deploys[0]?.stack },
    }));
    answers.set("DescribeEventBusCommand", () => ({
      Arn: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default`,
    }));
    answers.set(
      "GetParametersByPathCommand",
      ({ Path, Recursive }: { Path: string; Recursive?: boolean }) => ({
        Parameters: [...parameters].flatMap(([Name, { Value }]) =>
          Name.startsWith(`${Path}/`) && (Recursive || !Name.slice(Path.length + 1).includes("/"))
            ? [{ Name, Value }]
            : [],
        ),
      }),
    );
    answers.set("DeleteParametersCommand", ({ Names }: { Names: readonly string[] }) => {
      for (const name of Names) parameters.delete(name);
      return {};
    });
    answers.set("DescribeImagesCommand", ({ Filters }: { Filters?: { Values: string[] }[] }) => ({
      Images: [...this.images].flatMap(([ImageId, deploymentId]) =>
        Filters?.[0]?.Values.includes(deploymentId) ? [{ ImageId }] : [],
      ),
    }));
    answers.set("DeregisterImageCommand", ({ ImageId }: { ImageId: string }) => {
      this.images.delete(ImageId);
      return {};
    });
    this.#answerS3();
    answers.set("ListTablesCommand", () => ({ TableNames: [...this.tables] }));
    answers.set("UpdateTableCommand", ({ TableName, DeletionProtectionEnabled }: TableChange) => {
      if (DeletionProtectionEnabled === false) this.#unprotected.add(TableName);
      return {};
    });
    answers.set("DescribeTableCommand", () => ({ Table: { TableStatus: "ACTIVE" } }));
    answers.set("DeleteTableCommand", ({ TableName }: TableChange) => {
      if (!this.#unprotected.has(TableName))
        throw new NamedError("ValidationException", "deletion protection is on");
      this.tables.delete(TableName);
      return {};
    });
  }
}
