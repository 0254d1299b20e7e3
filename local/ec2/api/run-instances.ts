import { gunzipSync } from "node:zlib";
import { defined } from "../../../Core/defined";
import type { Blueprint } from "../instance";
import { listAt, type QueryNode, tagsAt, textAt } from "./query-form";

/** The text of user data, which cloud-init unpacks where it is compressed. */
export const userDataText = (base64: string): string => {
  const data = Buffer.from(base64, "base64");
  const isCompressed = data[0] === 0x1f && data[1] === 0x8b;
  return (isCompressed ? gunzipSync(data) : data).toString("utf8");
};

/** What a RunInstances call without a launch template says of its instance. */
export const blueprintOfRun = (request: QueryNode): Blueprint => {
  const disks = listAt(request, "BlockDeviceMapping").map((mapping) => ({
    deviceName: textAt(mapping, "DeviceName") ?? "",
    sizeGiB: Number(textAt(mapping, "Ebs", "VolumeSize") ?? 0),
  }));
  const userData = textAt(request, "UserData");
  return {
    imageId: textAt(request, "ImageId") ?? "",
    isTokenRequired: textAt(request, "MetadataOptions", "HttpTokens") === "required",
    hopLimit: Number(textAt(request, "MetadataOptions", "HttpPutResponseHopLimit") ?? 2),
    terminatesOnShutdown: textAt(request, "InstanceInitiatedShutdownBehavior") === "terminate",
    rootDeviceName: disks[0]?.deviceName ?? "/dev/xvda",
    disks,
    tags: tagsAt(request, "instance"),
    volumeTags: tagsAt(request, "volume"),
    ...defined({
      instanceProfileArn: textAt(request, "IamInstanceProfile", "Arn"),
      userData: userData === undefined ? undefined : userDataText(userData),
    }),
  };
};

/** The subnet of a RunInstances call, its own or its first network interface's. */
export const subnetOfRun = (request: QueryNode): string =>
  textAt(request, "SubnetId") ??
  textAt(listAt(request, "NetworkInterface")[0], "SubnetId") ??
  "subnet-default";
