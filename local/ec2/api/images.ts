import type { ImageRegistry, SimulatorImage } from "../images";
import type { InstanceRegistry } from "../instances";
import { Ec2Error, notFound } from "./errors";
import { listAt, type QueryNode, tagsAt, textAt, textsAt } from "./query-form";
import type { XmlValue } from "./xml";

const unknownImage = (imageId: string): Ec2Error =>
  new Ec2Error("InvalidAMIID.NotFound", `The image id '[${imageId}]' does not exist`);

const tagXml = (tags: Readonly<Record<string, string>>): XmlValue =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

const imageXml = (image: SimulatorImage, images: ImageRegistry, accountId: string): XmlValue => ({
  imageId: image.imageId,
  name: image.name,
  architecture: image.architecture,
  imageState: images.isPending(image) ? "pending" : "available",
  creationDate: new Date(image.createdAt).toISOString(),
  imageOwnerId: image.isOwn ? accountId : "137112412989",
  rootDeviceName: image.rootDeviceName,
  rootDeviceType: "ebs",
  blockDeviceMapping: [
    {
      deviceName: image.rootDeviceName,
      ebs: { snapshotId: image.imageId.replace("ami", "snap"), volumeSize: 8 },
    },
  ],
  tagSet: tagXml(image.tags),
});

const fits = (image: SimulatorImage, filters: readonly QueryNode[]): boolean =>
  filters.every((filter) => {
    const name = textAt(filter, "Name") ?? "";
    if (!name.startsWith("tag:")) {
      throw new Ec2Error("InvalidParameterValue", `The filter '${name}' is invalid`);
    }
    return textsAt(filter, "Value").includes(image.tags[name.slice("tag:".length)] ?? "");
  });

export const describeImages = (request: QueryNode, images: ImageRegistry, accountId: string): XmlValue => {
  const ids = textsAt(request, "ImageId");
  const missing = ids.find((id) => images.get(id) === undefined);
  if (missing !== undefined) throw unknownImage(missing);
  const isOwn = textsAt(request, "Owner").includes("self");
  const found = images
    .all()
    .filter((image) => (ids.length === 0 || ids.includes(image.imageId)) && (!isOwn || image.isOwn))
    .filter((image) => fits(image, listAt(request, "Filter")));
  return { imagesSet: found.map((image) => imageXml(image, images, accountId)) };
};

export const createImage = (
  request: QueryNode,
  images: ImageRegistry,
  registry: InstanceRegistry,
): XmlValue => {
  const instanceId = textAt(request, "InstanceId") ?? "";
  const instance = registry.get(instanceId);
  if (instance === undefined) throw notFound(instanceId);
  if (instance.state !== "stopped") {
    throw new Ec2Error("IncorrectInstanceState", "The simulator makes images of stopped instances only");
  }
  return {
    imageId: images.create(instance, textAt(request, "Name") ?? "", tagsAt(request, "image")).imageId,
  };
};

export const deregisterImage = (request: QueryNode, images: ImageRegistry): XmlValue => {
  const imageId = textAt(request, "ImageId") ?? "";
  if (!images.deregister(imageId)) throw unknownImage(imageId);
  return { return: true };
};
