import { DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetFunctionCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { Deployed, RoleRight } from "../gateway";
import { type Policy, rightsOf } from "../iam";
import type { HttpApi } from "../webhook-api/http-api";
import { type GetFromApiGateway, readHttpApis } from "../webhook-api/read-apis";
import { partsOf } from "./arn";
import { changeOf } from "./changes";
import type { EngineClients, ReadPath } from "./engine-clients";
import { keptUntilChange } from "./kept";
import { readLaunchTemplate } from "./launch-templates";
import { orUndefined } from "./not-found";
import { readParameter, readParametersBelow } from "./parameters";
import { readResourcePolicies } from "./resource-policies";
import { listRoles, readProfileRole, readRole } from "./roles";
import { readTable } from "./tables";
import { type ResourceTags, readTags } from "./tags";

export { behindGateway, type EngineClients, engineClients, type ReadPath } from "./engine-clients";

export interface EngineDeployedSettings {
  readonly clients: EngineClients;
  readonly region: string;
  readonly account: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The tags of an instance, which the EC2 simulator knows and the engine does not. */
  readonly instanceTags: (instanceId: string) => ResourceTags;
  /** The image of a MicroVM, which the host knows and the engine does not. */
  readonly microVmImage: (microvmId: string) => string | undefined;
  /** Where HTTP APIs are served. */
  readonly apiOrigin: string;
}

/** What is deployed in the engine at this moment. */
export interface EngineDeployed {
  readonly deployed: Deployed;
  /** The image of a function; undefined for one without, and for none. */
  imageOf(functionName: string): Promise<string | undefined>;
  /** The HTTP APIs of the deployed stacks. */
  httpApis(): Promise<readonly HttpApi[]>;
  /** Told of each call before it passes; what comes back is called once it is answered. */
  passing(service: string, operation: string): () => void;
  /** Every right of every role. */
  allRights(): Promise<readonly RoleRight[]>;
}

const IN_PROGRESS = /(?<!^REVIEW)_IN_PROGRESS$/;

const noStackMoves = async ({ cloudFormation }: EngineClients): Promise<boolean> => {
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({}));
  return Stacks.every(({ StackStatus = "" }) => !IN_PROGRESS.test(StackStatus));
};

const rightsIn = (roleArn: string, policy: Policy): readonly RoleRight[] =>
  rightsOf(policy).map((right) => ({ roleArn, right }));

const nothing = (): void => undefined;

const readImage = async (lambda: LambdaClient, FunctionName: string): Promise<string | undefined> =>
  (await orUndefined(() => lambda.send(new GetFunctionCommand({ FunctionName }))))?.Code?.ImageUri;

/** API Gateway's answers to a GET. */
export const jsonReader =
  (readPath: ReadPath): GetFromApiGateway =>
  async (path) =>
    JSON.parse((await readPath("apigateway", path)).toString("utf8"));

/** Reads the engine's own state, and keeps what it read until a call passes that may change it. */
export const engineDeployed = (settings: EngineDeployedSettings): EngineDeployed => {
  const { clients, region, instanceTags, now } = settings;
  const kept = keptUntilChange(() => noStackMoves(clients), now);
  const keep =
    <Asked, Value>(what: string, read: (asked: Asked) => Promise<Value>) =>
    (asked: Asked): Promise<Value> =>
      kept.get(`${what} ${JSON.stringify(asked)}`, () => read(asked));
  const httpApis = keep("apis", (origin: string) => readHttpApis(jsonReader(clients.readPath), origin));
  const engineTags = keep("tags", (arn: string) => readTags(clients, arn));
  const role = keep("role", (arn: string) => readRole(clients.iam, arn));
  return {
    allRights: async () => {
      const roles = await Promise.all((await listRoles(clients.iam)).map(role));
      return roles.flatMap((one) => one?.identity.flatMap((policy) => rightsIn(one.arn, policy)) ?? []);
    },
    imageOf: keep("image", (name: string) => readImage(clients.lambda, name)),
    httpApis: () => httpApis(settings.apiOrigin),
    deployed: {
      role,
      roleOfProfile: keep("profile", (arn: string) => readProfileRole(clients.iam, arn)),
      resourcePolicies: keep("policies", (arn: string) => readResourcePolicies(clients, region, arn)),
      tags: async (arn) => {
        const { service, kind, name } = partsOf(arn);
        return service === "ec2" && kind === "instance" ? instanceTags(name) : engineTags(arn);
      },
      microVmImage: async (microvmId) => settings.microVmImage(microvmId),
      table: keep("table", (arn: string) => readTable(clients.dynamoDb, arn)),
      parameter: keep("parameter", (arn: string) => readParameter(clients.ssm, region, arn)),
      parametersBelow: keep("below", (arn: string) => readParametersBelow(clients.ssm, arn)),
      launchTemplate: keep("template", (name: Parameters<Deployed["launchTemplate"]>[0]) =>
        readLaunchTemplate(clients.ec2, settings, name),
      ),
    },
    passing: (service, operation) => {
      const change = changeOf(service, operation);
      if (change === "none") return nothing;
      const answered = kept.change();
      return () => {
        // Before the cache is used again: the engine goes on after its answer.
        if (change === "background") kept.unsettle();
        answered();
      };
    },
  };
};
