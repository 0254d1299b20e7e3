import type { ImageRegistry } from "../images";
import type { Blueprint } from "../instance";
import type { InstanceRegistry } from "../instances";
import type { Pools } from "../pools";
import { ClientTokens } from "./client-tokens";
import { type FleetOrder, fillFleet, fleetOrder, fleetXml, templateName } from "./create-fleet";
import { consoleOutput, describeInstanceStatus, describeInstances, endInstances } from "./describe";
import { Ec2Error } from "./errors";
import { createImage, deregisterImage, describeImages } from "./images";
import type { ReadTemplate } from "./launch-template";
import { at, type QueryNode, tagsAt, textAt } from "./query-form";
import { blueprintOfRun, subnetOfRun } from "./run-instances";
import { describeSpotPriceHistory } from "./spot-prices";
import type { XmlValue } from "./xml";

export type Action = (request: QueryNode) => Promise<XmlValue>;

export interface ActionDependencies {
  readonly registry: InstanceRegistry;
  readonly pools: Pools;
  readonly images: ImageRegistry;
  readonly accountId: string;
  readonly region: string;
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
    return fleetXml(fleetId, order.boughtAs, fillFleet(order, blueprint, dependencies));
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
            subnetId: subnetOfRun(request),
            disks: [],
          },
        ],
        boughtAs: textAt(request, "InstanceMarketOptions", "MarketType") === "spot" ? "spot" : "on-demand",
        tags: tagsAt(request, "instance"),
        volumeTags: tagsAt(request, "volume"),
      },
      blueprint,
      dependencies,
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
    const template = at(request, "LaunchTemplate");
    const blueprint =
      template === undefined
        ? blueprintOfRun(request)
        : await dependencies.readTemplate(templateName(template));
    return tokens.once(textAt(request, "ClientToken"), request, () => effect(request, blueprint));
  };
};

/** The actions that the simulator answers itself. The engine answers all others. */
export const ec2Actions = (dependencies: ActionDependencies): Readonly<Record<string, Action>> => {
  const { registry, images, accountId, region, now } = dependencies;
  return {
    CreateFleet: createFleet(dependencies),
    RunInstances: runInstances(dependencies),
    DescribeInstances: async (request) => describeInstances(request, registry),
    DescribeInstanceStatus: async (request) => describeInstanceStatus(request, registry),
    TerminateInstances: async (request) => endInstances(request, registry, "terminated"),
    StopInstances: async (request) => endInstances(request, registry, "stopped"),
    DescribeImages: async (request) => describeImages(request, images, accountId),
    CreateImage: async (request) => createImage(request, images, registry),
    DeregisterImage: async (request) => deregisterImage(request, images),
    GetConsoleOutput: async (request) => consoleOutput(request, registry),
    DescribeSpotPriceHistory: async (request) => describeSpotPriceHistory(request, region, now()),
  };
};
