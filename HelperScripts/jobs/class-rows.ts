import type { MicroVmImage } from "../../Core/microvm/image";
import type { RouteDecision } from "../../Core/routing/routing";
import { duration } from "../console/words";
import { microVmRows, privilegedText } from "../microvm/words";
import { sizeText } from "./runner-size";

/** A decision for a runner. */
export type Routed = Extract<RouteDecision, { kind: "route" }>;

const limitText = ({ runnerClass, limits }: Routed): string => {
  const ofProject = limits.project === undefined ? "" : `, ${limits.project} of the project`;
  return `${runnerClass.maxRunners} runners of the class${ofProject}, ${limits.stack} in all`;
};

/** Nobody but the runner knows whether a job asks for an image: so it is said of each Lambda runner. */
const imageRow = ({ type, ec2, refuseImages }: Routed["runnerClass"]): readonly (readonly string[])[] => {
  if (type !== "LAMBDA") return ec2?.imageId === undefined ? [] : [["image", ec2.imageId]];
  const becomes = refuseImages
    ? 'a job with "image" fails, and "services" are ignored'
    : '"image" and "services" of a job are ignored, with a warning for "image" in its log';
  return [["image", `the function's own: ${becomes}`]];
};

const runnerText = ({ provider, functionArn }: Routed): string => {
  if (functionArn !== undefined) return `Lambda function ${functionArn}`;
  return provider === "MICROVM" ? "MicroVM" : "EC2 instance";
};

/** The runner that a job would get, as rows of a table. */
export const classRows = (
  decided: Routed,
  image: MicroVmImage | undefined,
): readonly (readonly string[])[] => {
  const { runnerClass, tags, fallback } = decided;
  const { ec2 } = runnerClass;
  return [
    ["runner", runnerText(decided)],
    ["class", runnerClass.name],
    ["tags", tags.join(", ") || "none (untagged jobs)"],
    ...(ec2 ? [["size", sizeText(ec2)]] : []),
    ...microVmRows(runnerClass, fallback, image),
    ...imageRow(runnerClass),
    ...(ec2 ? [["bought", `${ec2.market}${privilegedText(runnerClass)}`]] : []),
    ...(ec2?.shell
      ? [["shell", "operators may open one, but for jobs on protected refs (npx runners shell)"]]
      : []),
    ["lives", `${duration(runnerClass.lifetimeSeconds * 1000)} at most, job included`],
    ...(runnerClass.protectedRefsOnly ? [["refs", "jobs on protected branches and tags alone"]] : []),
    ["limit", limitText(decided)],
    ...(runnerClass.priority === undefined ? [] : [["priority", String(runnerClass.priority)]]),
  ];
};
