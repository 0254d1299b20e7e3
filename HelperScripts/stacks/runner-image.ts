import type { Architecture } from "../../Core/model/runner-class";
import type { Context } from "../context";
import { CLONE } from "../deploy/answers/kept-answers";

/** Where the Lambda runner's image comes from. */
export type RunnerImage =
  | { readonly kind: "build"; readonly architecture: Architecture }
  | { readonly kind: "pushed"; readonly uri: string }
  /** Nothing can build one here. */
  | { readonly kind: "none" };

const PROGRAMS = ["docker", "finch"] as const;
/** Docker's names of processors. */
const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["amd64", "x86_64"],
  ["x86_64", "x86_64"],
  ["arm64", "arm64"],
  ["aarch64", "arm64"],
]);

/** What builds images here builds them for; undefined where nothing does. */
const builderArchitecture = async ({ runProgram }: Context): Promise<Architecture | undefined> => {
  for (const program of PROGRAMS) {
    const args = ["info", "--format", "{{.Architecture}}"];
    const { exitCode, output } = await runProgram({ program, args, cwd: CLONE });
    if (exitCode === 0) return ARCHITECTURES.get(output.trim().split("\n").at(-1) ?? "") ?? "arm64";
  }
  return undefined;
};

/**
 * An image is built for the builder's own processor: one for another needs emulation, which is often not installed.
 *
 * @param deployed the processor of the function as it is deployed, which stays
 */
export const chooseImage = async (
  context: Context,
  imageUri: string | undefined,
  deployed: Architecture | undefined,
): Promise<RunnerImage> => {
  if (imageUri !== undefined) return { kind: "pushed", uri: imageUri };
  const builds = await builderArchitecture(context);
  return builds === undefined ? { kind: "none" } : { kind: "build", architecture: deployed ?? builds };
};
