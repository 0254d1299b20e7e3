import { architectureOf, type SimulatorInstance, STATE_CODES } from "../instance";
import type { InstanceRegistry } from "../instances";
import { Ec2Error, notFound } from "./errors";
import { listAt, type QueryNode, textAt, textsAt } from "./query-form";
import type { XmlValue } from "./xml";

const stateXml = ({ state }: Pick<SimulatorInstance, "state">): XmlValue => ({
  code: STATE_CODES[state],
  name: state,
});

const tagXml = (tags: Readonly<Record<string, string>>): XmlValue =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

const instanceXml = (instance: SimulatorInstance): XmlValue => ({
  instanceId: instance.instanceId,
  imageId: instance.imageId,
  instanceState: stateXml(instance),
  instanceType: instance.instanceType,
  launchTime: new Date(instance.launchedAt).toISOString(),
  architecture: architectureOf(instance.instanceType),
  subnetId: instance.subnetId,
  privateIpAddress: instance.privateIp,
  instanceLifecycle: instance.boughtAs === "spot" ? "spot" : undefined,
  iamInstanceProfile: instance.instanceProfileArn ? { arn: instance.instanceProfileArn } : undefined,
  stateReason: instance.stateReason
    ? { code: instance.stateReason, message: instance.stateReason }
    : undefined,
  rootDeviceName: instance.rootDeviceName,
  blockDeviceMapping: instance.disks.map(({ deviceName }, index) => ({
    deviceName,
    ebs: {
      volumeId: `vol-${instance.instanceId.slice(2)}${index}`,
      deleteOnTermination: true,
      status: "attached",
    },
  })),
  metadataOptions: {
    state: "applied",
    httpTokens: instance.isTokenRequired ? "required" : "optional",
    httpPutResponseHopLimit: instance.hopLimit,
    httpEndpoint: "enabled",
  },
  tagSet: tagXml(instance.tags),
});

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
    "s",
  );

/** The values of an instance that a filter compares. */
const valuesOf = (instance: SimulatorInstance, name: string): readonly string[] => {
  if (name.startsWith("tag:")) {
    const key = name.slice("tag:".length);
    return Object.hasOwn(instance.tags, key) ? [instance.tags[key] ?? ""] : [];
  }
  const known: Readonly<Record<string, readonly string[]>> = {
    "tag-key": Object.keys(instance.tags),
    "instance-id": [instance.instanceId],
    "instance-state-name": [instance.state],
    "instance-type": [instance.instanceType],
    "instance-lifecycle": instance.boughtAs === "spot" ? ["spot"] : [],
    "subnet-id": [instance.subnetId],
    "image-id": [instance.imageId],
  };
  const values = known[name];
  if (values === undefined) throw new Ec2Error("InvalidParameterValue", `The filter '${name}' is invalid`);
  return values;
};

const fits = (instance: SimulatorInstance, filters: readonly QueryNode[]): boolean =>
  filters.every((filter) => {
    const values = valuesOf(instance, textAt(filter, "Name") ?? "");
    const patterns = textsAt(filter, "Value").map(wildcard);
    return values.some((value) => patterns.some((pattern) => pattern.test(value)));
  });

/** The visible instances that a Describe request selects, oldest first. */
const select = (request: QueryNode, registry: InstanceRegistry): readonly SimulatorInstance[] => {
  const visible = registry.all().filter((instance) => registry.isVisible(instance));
  const ids = textsAt(request, "InstanceId");
  const missing = ids.find((id) => !visible.some(({ instanceId }) => instanceId === id));
  if (missing !== undefined) throw notFound(missing);
  const filters = listAt(request, "Filter");
  return visible.filter(
    (instance) => (ids.length === 0 || ids.includes(instance.instanceId)) && fits(instance, filters),
  );
};

interface Page {
  readonly instances: readonly SimulatorInstance[];
  readonly next?: string;
}

const page = (request: QueryNode, instances: readonly SimulatorInstance[]): Page => {
  const size = Number(textAt(request, "MaxResults") ?? Number.POSITIVE_INFINITY);
  const from = Number(textAt(request, "NextToken")?.replace(/^page-/, "") ?? 0);
  const rest = from + size < instances.length ? { next: `page-${from + size}` } : {};
  return { instances: instances.slice(from, from + size), ...rest };
};

export const describeInstances = (request: QueryNode, registry: InstanceRegistry): XmlValue => {
  const { instances, next } = page(request, select(request, registry));
  return {
    reservationSet: instances.map((instance) => ({
      reservationId: instance.reservationId,
      instancesSet: [instanceXml(instance)],
    })),
    nextToken: next,
  };
};

/** Running instances only, unless the request includes all. */
export const describeInstanceStatus = (request: QueryNode, registry: InstanceRegistry): XmlValue => {
  const all = textAt(request, "IncludeAllInstances") === "true";
  const found = select(request, registry).filter(({ state }) => all || state === "running");
  const { instances, next } = page(request, found);
  const status = { status: "ok" };
  return {
    instanceStatusSet: instances.map((instance) => ({
      instanceId: instance.instanceId,
      instanceState: stateXml(instance),
      instanceStatus: status,
      systemStatus: status,
    })),
    nextToken: next,
  };
};

const ending = (request: QueryNode, registry: InstanceRegistry): readonly SimulatorInstance[] =>
  textsAt(request, "InstanceId").map((id) => {
    const instance = registry.get(id);
    if (instance === undefined) throw notFound(id);
    return instance;
  });

const endXml = (before: readonly SimulatorInstance[], registry: InstanceRegistry): XmlValue => ({
  instancesSet: before.map((instance) => ({
    instanceId: instance.instanceId,
    previousState: stateXml(instance),
    currentState: stateXml(registry.get(instance.instanceId) ?? instance),
  })),
});

export const endInstances = (
  request: QueryNode,
  registry: InstanceRegistry,
  final: "terminated" | "stopped",
): XmlValue => {
  const before = ending(request, registry);
  for (const { instanceId } of before) void registry.end(instanceId, final, "Client.UserInitiatedShutdown");
  return endXml(before, registry);
};

export const consoleOutput = (request: QueryNode, registry: InstanceRegistry): XmlValue => {
  const instanceId = textAt(request, "InstanceId") ?? "";
  if (registry.get(instanceId) === undefined) throw notFound(instanceId);
  return { instanceId, output: Buffer.from(registry.console(instanceId)).toString("base64") };
};
