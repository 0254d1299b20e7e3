import {
  DeleteMicrovmImageVersionCommand,
  GetMicrovmImageCommand,
  GetMicrovmImageVersionCommand,
  type LambdaMicrovmsClient,
  type MicrovmImageVersionSummary,
  paginateListMicrovmImageVersions,
  UpdateMicrovmImageCommand,
} from "@aws-sdk/client-lambda-microvms";
import { defined } from "../../../Core/defined";
import type { ImagePort, ImageState } from "./keep-images";

const BUILDING: readonly (string | undefined)[] = ["CREATING", "UPDATING"];
const FAILED: readonly (string | undefined)[] = ["CREATE_FAILED", "UPDATE_FAILED"];

/** An image's versions are numbered: `10.0` is newer than `9.0`. */
const byAge = (one: MicrovmImageVersionSummary, other: MicrovmImageVersionSummary): number =>
  Number(other.imageVersion) - Number(one.imageVersion);

/** The number of the base image's line, e.g. `1` of `1.3`: its newest version counts then. */
const lineOf = (baseImageVersion: string | undefined): string | undefined => baseImageVersion?.split(".")[0];

/** The images as Lambda's API tells of them. */
export const lambdaImages = (client: LambdaMicrovmsClient): ImagePort => {
  const version = (imageIdentifier: string, imageVersion: string) =>
    client.send(new GetMicrovmImageVersionCommand({ imageIdentifier, imageVersion }));

  const state = async (imageIdentifier: string): Promise<ImageState> => {
    const image = await client.send(new GetMicrovmImageCommand({ imageIdentifier }));
    const { state: current, latestActiveImageVersion: newest } = image;
    const builtAt = newest === undefined ? undefined : (await version(imageIdentifier, newest)).createdAt;
    return {
      isBuilding: BUILDING.includes(current),
      hasFailed: FAILED.includes(current),
      ...(newest && builtAt ? { newest: { version: newest, builtAt: builtAt.getTime() } } : {}),
    };
  };

  /** Every field is given again: what is not is as if it had never been there. */
  const rebuild = async (imageIdentifier: string, imageVersion: string): Promise<void> => {
    const built = await version(imageIdentifier, imageVersion);
    const { baseImageArn, buildRoleArn, codeArtifact, description, logging, egressNetworkConnectors } = built;
    const { cpuConfigurations, resources, additionalOsCapabilities, hooks, environmentVariables } = built;
    await client.send(
      new UpdateMicrovmImageCommand({
        ...{ imageIdentifier, baseImageArn, buildRoleArn, codeArtifact },
        ...defined({
          baseImageVersion: lineOf(built.baseImageVersion),
          ...{ description, logging, egressNetworkConnectors, cpuConfigurations, resources },
          ...{ additionalOsCapabilities, hooks, environmentVariables },
        }),
      }),
    );
  };

  const deleteOld = async (imageIdentifier: string, kept: number): Promise<void> => {
    const versions: MicrovmImageVersionSummary[] = [];
    for await (const { items = [] } of paginateListMicrovmImageVersions({ client }, { imageIdentifier }))
      versions.push(...items);
    const usable = versions.filter((one) => one.state === "SUCCESSFUL").sort(byAge);
    for (const { imageVersion } of usable.slice(kept))
      await client.send(new DeleteMicrovmImageVersionCommand({ imageIdentifier, imageVersion }));
  };

  return { state, rebuild, deleteOld };
};
