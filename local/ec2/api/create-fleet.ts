import { defined } from "../../../Core/defined";
import type { ImageRegistry } from "../images";
import { architectureOf, type Blueprint, type SimulatorInstance } from "../instance";
import type { InstanceRegistry } from "../instances";
import type { PoolError, Pools } from "../pools";
import { Ec2Error } from "./errors";
import type { TemplateName } from "./launch-template";
import { at, listAt, type QueryNode, tagsAt, textAt } from "./query-form";
import type { XmlValue } from "./xml";

/** One capacity pool of a fleet, with its disks. */
interface Override {
  readonly instanceType: string;
  readonly subnetId: string;
  readonly disks: Blueprint["disks"];
  /** Absent: the launch template's. */
  readonly imageId?: string;
}

export interface FleetOrder {
  readonly template: TemplateName;
  readonly overrides: readonly Override[];
  readonly boughtAs: "spot" | "on-demand";
  readonly tags: Readonly<Record<string, string>>;
  readonly volumeTags: Readonly<Record<string, string>>;
}

const required = (value: string | undefined, name: string): string => {
  if (value === undefined || value === "") {
    throw new Ec2Error("MissingParameter", `The request must contain the parameter ${name}`);
  }
  return value;
};

export const templateName = (specification: QueryNode | undefined): TemplateName => {
  const id = textAt(specification, "LaunchTemplateId");
  const name = textAt(specification, "LaunchTemplateName");
  const version = textAt(specification, "Version");
  if (id === undefined && name === undefined)
    throw new Ec2Error("MissingParameter", "LaunchTemplateId is missing");
  return defined({ id, name, version });
};

const disksOf = (node: QueryNode): Blueprint["disks"] =>
  listAt(node, "BlockDeviceMapping").map((mapping) => ({
    deviceName: textAt(mapping, "DeviceName") ?? "",
    sizeGiB: Number(textAt(mapping, "Ebs", "VolumeSize") ?? 0),
  }));

const overrideOf = (node: QueryNode): Override => ({
  instanceType: required(textAt(node, "InstanceType"), "InstanceType"),
  subnetId: textAt(node, "SubnetId") ?? "subnet-default",
  disks: disksOf(node),
  ...defined({ imageId: textAt(node, "ImageId") }),
});

/** Reads a CreateFleet request of type `instant` for one instance. */
export const fleetOrder = (request: QueryNode): FleetOrder => {
  if (textAt(request, "Type") !== "instant") {
    throw new Ec2Error("UnsupportedOperation", "The simulator knows fleets of type instant only");
  }
  const total = textAt(request, "TargetCapacitySpecification", "TotalTargetCapacity");
  if (total !== "1")
    throw new Ec2Error("UnsupportedOperation", "The simulator knows fleets of one instance only");
  const config = listAt(request, "LaunchTemplateConfigs")[0];
  const template = templateName(at(config, "LaunchTemplateSpecification"));
  required(template.version, "LaunchTemplateSpecification.Version");
  const market = textAt(request, "TargetCapacitySpecification", "DefaultTargetCapacityType");
  return {
    template,
    overrides: listAt(config, "Overrides").map(overrideOf),
    boughtAs: market === "spot" ? "spot" : "on-demand",
    tags: tagsAt(request, "instance"),
    volumeTags: tagsAt(request, "volume"),
  };
};

/** That of a known image, or the one in its name; undefined when the name has none. */
const imageArchitecture = (imageId: string, images: ImageRegistry): string | undefined =>
  images.get(imageId)?.architecture ?? /(arm64|x86_64)/.exec(imageId.replace("amd64", "x86_64"))?.[1];

const architectureError = (
  instanceType: string,
  imageId: string,
  images: ImageRegistry,
): PoolError | undefined => {
  const wanted = imageArchitecture(imageId, images);
  const actual = architectureOf(instanceType);
  if (wanted === undefined || wanted === actual) return undefined;
  return {
    code: "InvalidParameterValue",
    message: `The architecture '${actual}' of ${instanceType} does not match the architecture '${wanted}' of the image.`,
  };
};

/** As on EC2: a disk with the device name of a template's disk replaces it; any other is added. */
const mergeDisks = (base: Blueprint["disks"], extra: Blueprint["disks"]): Blueprint["disks"] => {
  const names = extra.map(({ deviceName }) => deviceName);
  return [...base.filter(({ deviceName }) => !names.includes(deviceName)), ...extra];
};

export interface FleetResult {
  /** Absent: no pool had one. */
  readonly instance?: SimulatorInstance;
  /** Of the pools that were tried in vain. */
  readonly errors: readonly { readonly override: Override; readonly error: PoolError }[];
}

interface FleetDependencies {
  readonly registry: InstanceRegistry;
  readonly pools: Pools;
  readonly images: ImageRegistry;
}

/** Launches from the first pool with capacity; otherwise returns the error of each pool. */
export const fillFleet = (
  order: FleetOrder,
  blueprint: Blueprint,
  { registry, pools, images }: FleetDependencies,
): FleetResult => {
  const errors: { override: Override; error: PoolError }[] = [];
  for (const override of order.overrides) {
    const pool = { ...override, boughtAs: order.boughtAs };
    const { imageId = blueprint.imageId } = override;
    const error =
      architectureError(override.instanceType, imageId, images) ??
      pools.take(pool, registry.living(order.boughtAs));
    if (error) {
      errors.push({ override, error });
      continue;
    }
    return {
      errors,
      instance: registry.launch({
        ...blueprint,
        imageId,
        instanceType: override.instanceType,
        subnetId: override.subnetId,
        boughtAs: order.boughtAs,
        disks: mergeDisks(blueprint.disks, override.disks),
        tags: { ...blueprint.tags, ...order.tags },
        volumeTags: { ...blueprint.volumeTags, ...order.volumeTags },
      }),
    };
  }
  return { errors };
};

const overrideXml = ({ instanceType, subnetId }: Pick<Override, "instanceType" | "subnetId">): XmlValue => ({
  overrides: { instanceType, subnetId },
});

/** As on EC2, the answer succeeds and lists the errors, beside an instance too. */
export const fleetXml = (fleetId: string, boughtAs: string, { instance, errors }: FleetResult): XmlValue => ({
  fleetId,
  errorSet: errors.map(({ override, error }) => ({
    launchTemplateAndOverrides: overrideXml(override),
    lifecycle: boughtAs,
    errorCode: error.code,
    errorMessage: error.message,
  })),
  fleetInstanceSet:
    instance === undefined
      ? []
      : [
          {
            launchTemplateAndOverrides: overrideXml(instance),
            lifecycle: boughtAs,
            instanceIds: [instance.instanceId],
            instanceType: instance.instanceType,
          },
        ],
});
