import type { Blueprint } from "../instance";
import type { InstanceRegistry } from "../instances";
import type { Pools } from "../pools";
import { ClientTokens } from "./client-tokens";
import { type FleetOrder, fillFleet, fleetOrder, fleetXml, templateName } from "./create-fleet";
import { consoleOutput, describeInstanceStatus, describeInstances, endInstances } from "./describe";
import { Ec2Error } from "./errors";
import type { ReadTemplate } from "./launch-template";
import { at, listAt, type QueryNode, tagsAt, textAt } from "./query-form";
import type { XmlValue } from "./xml";

export type Action = (request: QueryNode) => Promise<XmlValue>;

export interface ActionDependencies {
  readonly registry: InstanceRegistry;
  readonly pools: Pools;
  readonly readTemplate: ReadTemplate;
  readonly now: () => number;
}

const admit = ({ pools, now }: ActionDependencies): void => {
  if (!pools.admits(now())) throw new Ec2Error("RequestLimitExceeded", "Request limit exceeded.");
};

const createFleet = (dependencies: ActionDependencies): Action => {
  const tokens = new ClientTokens<XmlValue>();
  let count = 0;
  const effect = (order: FleetOrder, blueprint: Blueprint): XmlValue => {
    count += 1;
    const fleetId = `fleet-${String(count).padStart(12, "0")}`;
    return fleetXml(
      fleetId,
      order.boughtAs,
      fillFleet(order, blueprint, dependencies.registry, dependencies.pools),
    );
  };
  return async (request) => {
    admit(dependencies);
    const order = fleetOrder(request);
    const blueprint = await dependencies.readTemplate(order.template);
    return tokens.once(textAt(request, "ClientToken"), request, () => effect(order, blueprint));
  };
};

/** RunInstances is a fleet with one pool; the pool's error is the call's error. */
const runInstances = (dependencies: ActionDependencies): Action => {
  const tokens = new ClientTokens<XmlValue>();
  const effect = (request: QueryNode, blueprint: Blueprint): XmlValue => {
    const result = fillFleet(
      {
        template: {},
        overrides: [
          {
            instanceType: textAt(request, "InstanceType") ?? "t4g.micro",
            subnetId: textAt(request, "SubnetId") ?? "subnet-default",
            disks: [],
          },
        ],
        boughtAs: textAt(request, "InstanceMarketOptions", "MarketType") === "spot" ? "spot" : "on-demand",
        tags: tagsAt(request, "instance"),
        volumeTags: tagsAt(request, "volume"),
      },
      blueprint,
      dependencies.registry,
      dependencies.pools,
    );
    const { instance, errors } = result;
    if (instance === undefined) {
      const error = errors[0]?.error;
      throw new Ec2Error(error?.code ?? "InternalError", error?.message ?? "");
    }
    return {
      reservationId: instance.reservationId,
      instancesSet: [{ instanceId: instance.instanceId, instanceState: { code: 0, name: "pending" } }],
    };
  };
  return async (request) => {
    admit(dependencies);
    if (listAt(request, "LaunchTemplate").length > 0 || at(request, "LaunchTemplate") === undefined) {
      throw new Ec2Error("UnsupportedOperation", "The simulator launches from launch templates only");
    }
    const blueprint = await dependencies.readTemplate(templateName(at(request, "LaunchTemplate")));
    return tokens.once(textAt(request, "ClientToken"), request, () => effect(request, blueprint));
  };
};

/** The actions that the simulator answers itself. The engine answers all others. */
export const ec2Actions = (dependencies: ActionDependencies): Readonly<Record<string, Action>> => {
  const { registry } = dependencies;
  return {
    CreateFleet: createFleet(dependencies),
    RunInstances: runInstances(dependencies),
    DescribeInstances: async (request) => describeInstances(request, registry),
    DescribeInstanceStatus: async (request) => describeInstanceStatus(request, registry),
    TerminateInstances: async (request) => endInstances(request, registry, "terminated"),
    StopInstances: async (request) => endInstances(request, registry, "stopped"),
    GetConsoleOutput: async (request) => consoleOutput(request, registry),
  };
};
