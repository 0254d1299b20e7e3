import { defined } from "../defined";
import {
  ARCHITECTURES,
  type Architecture,
  type Ec2Settings,
  isPrivileged,
  type RunnerClass,
} from "../model/runner-class";
import type { FallbackRunner } from "../model/runner-order";
import { fallbackOf, resolveClass } from "../routing/class-resolution";
import { functionArnProblem } from "../routing/function-arn";
import { type BadRow, type ClassFields, isBad, parseClassRow, rowName } from "../routing/mapping-row";
import type { StoredRow } from "../routing/mapping-state";
import type { RoutingSettings } from "../routing/routing-settings";
import { DEFAULT_DISK_BOUND_GIB, type ImageIds, type TagBounds } from "./bounds";
import { fittingTypes, largest } from "./fitting-types";
import { printJobTags, type ReadRequest } from "./grammar";

/** A runner as a job's tags ask for it. */
export interface ChosenRunner {
  readonly runnerClass: RunnerClass;
  /** LAMBDA only. */
  readonly functionArn?: string;
  /** MICROVM only. */
  readonly fallback?: FallbackRunner;
}

/** `beyond-bounds`: the request is more than the settings and the stack allow. `bad-row`: the class's row is wrong. */
export interface NotChosen extends BadRow {
  readonly code: "beyond-bounds" | "bad-row" | "no-default-runner";
}

const beyond = (problem: string): NotChosen => ({ code: "beyond-bounds", problem });

const isNot = (found: object): found is NotChosen => isBad(found);

/** The class's own fields; of the default class none. */
const fieldsOf = (request: ReadRequest, classRow: StoredRow | undefined): ClassFields | NotChosen => {
  const { class: name, possible } = request;
  const type = request.provider ?? possible[0] ?? "EC2";
  if (name === undefined) return { type };
  const fields = classRow && parseClassRow(classRow);
  if (classRow === undefined || fields === undefined) {
    return beyond(`the mapping has no class ${name}: add it to "classes", or correct the tag`);
  }
  if (isBad(fields)) return { code: "bad-row", problem: `the row ${rowName(classRow)} ${fields.problem}` };
  if (possible.includes(fields.type)) return fields;
  const others = printJobTags(request).filter((tag) => !tag.startsWith("aws:class="));
  return beyond(`the class ${name} is of type ${fields.type}, which does not go with ${others.join(", ")}`);
};

const classProblem = (runnerClass: RunnerClass, { classes = [] }: TagBounds): NotChosen | undefined =>
  isPrivileged(runnerClass) && !classes.includes(runnerClass.name)
    ? beyond(
        `the class ${runnerClass.name} is privileged: a tag may ask for it where "bounds" lists it in "classes"`,
      )
    : undefined;

const imageIds = ({ image }: ReadRequest, { images = {} }: TagBounds): ImageIds | NotChosen => {
  if (image === undefined) return {};
  const ids = Object.hasOwn(images, image) ? images[image] : undefined;
  return ids ?? beyond(`"bounds" lists no image ${image}: add it to "images", or correct the tag`);
};

/** The tag's, the class's or the stack's; without a word of the first two it follows an image of one architecture alone. */
const architectureOf = (
  { arch }: ReadRequest,
  fields: ClassFields,
  byDefault: Architecture,
  ids: ImageIds,
): Architecture => {
  const having = ARCHITECTURES.filter((each) => ids[each] !== undefined);
  const [only = byDefault] = having.length === 1 ? having : [];
  return arch ?? fields.architecture ?? only;
};

/** The types of the class; those of the stack, where the class names none or the tag asks for the other architecture. */
const typesIn = (
  fields: ClassFields,
  ec2: Ec2Settings,
  architecture: Architecture,
  settings: RoutingSettings,
): readonly string[] | NotChosen => {
  if (architecture === ec2.architecture) return ec2.instanceTypes;
  if (fields.instanceTypes ?? fields.architecture) {
    return beyond(`the class is for ${ec2.architecture}: leave out aws:arch=${architecture}`);
  }
  const types = settings.allowedInstanceTypes[architecture];
  return types.length > 0
    ? types
    : beyond(`the stack has no instance type for ${architecture}: name some in AutoScaler's parameters`);
};

const PARAMETERS: Readonly<Record<Architecture, string>> = {
  arm64: "InstanceTypesArm64",
  x86_64: "InstanceTypesX86",
};

/** What to raise: the bounds, where a type would be large enough without them; else the stack's list, or the class's own. */
const sizeRemedy = (
  request: ReadRequest,
  types: readonly string[],
  fields: ClassFields,
  architecture: Architecture,
): string => {
  if (fittingTypes(types, request, {}).length > 0) return 'raise "cpu" and "memory" in "bounds"';
  return fields.instanceTypes === undefined
    ? `deploy AutoScaler with larger types in its parameter ${PARAMETERS[architecture]}, such as the same family's .xlarge`
    : `add larger ones to "instanceTypes" of the class`;
};

const sizeProblem = (types: readonly string[], bounds: TagBounds, remedy: string): NotChosen => {
  const { vcpus, memoryGiB } = largest(types, bounds);
  return beyond(
    `no allowed instance type is so large within the bounds: ask for at most ${vcpus} vCPUs and ${memoryGiB} GiB, or ${remedy}`,
  );
};

const sized = (
  request: ReadRequest,
  types: readonly string[],
  bounds: TagBounds,
  remedy: () => string,
): readonly string[] | NotChosen => {
  if (request.cpu === undefined && request.memory === undefined) return types;
  const fitting = fittingTypes(types, request, bounds);
  return fitting.length > 0 ? fitting : sizeProblem(types, bounds, remedy());
};

const marketOf = ({ spot }: ReadRequest, { market }: Ec2Settings): Ec2Settings["market"] => {
  if (spot === undefined) return market;
  if (!spot) return "on-demand";
  return market === "on-demand" ? "spot-first" : market;
};

const diskProblem = ({ disk = 0 }: ReadRequest, { disk: most = DEFAULT_DISK_BOUND_GIB }: TagBounds) =>
  disk > most
    ? beyond(`at most ${most} GiB of disk may be asked for: ask for less, or raise "disk" in "bounds"`)
    : undefined;

const sizedEc2 = (
  request: ReadRequest,
  fields: ClassFields,
  ec2: Ec2Settings,
  settings: RoutingSettings,
): Ec2Settings | NotChosen => {
  const { bounds = {} } = settings;
  const ids = imageIds(request, bounds);
  if (isNot(ids)) return ids;
  const architecture = architectureOf(request, fields, ec2.architecture, ids);
  const imageId = ids[architecture];
  if (request.image !== undefined && imageId === undefined) {
    return beyond(
      `the image ${request.image} is not for ${architecture}: add its id to "images" of "bounds"`,
    );
  }
  const types = typesIn(fields, ec2, architecture, settings);
  if (isNot(types)) return types;
  const remedy = () => sizeRemedy(request, types, fields, architecture);
  const instanceTypes = sized(request, types, bounds, remedy);
  if (isNot(instanceTypes)) return instanceTypes;
  const tooLarge = diskProblem(request, bounds);
  if (tooLarge) return tooLarge;
  const diskGiB = request.disk ?? ec2.diskGiB;
  return {
    ...ec2,
    architecture,
    instanceTypes,
    market: marketOf(request, ec2),
    diskGiB,
    ...defined({ imageId }),
  };
};

const onLambda = (runnerClass: RunnerClass, settings: RoutingSettings): ChosenRunner | NotChosen => {
  const { defaultRunnerArn: functionArn } = settings;
  const problem = functionArnProblem(functionArn, settings.home);
  if (problem === undefined) return { runnerClass, ...defined({ functionArn }) };
  return { code: "no-default-runner", problem: `AutoScaler's DefaultRunnerArn ${problem}` };
};

const onMicroVm = (runnerClass: RunnerClass, settings: RoutingSettings): ChosenRunner | NotChosen => {
  const fallback = fallbackOf(runnerClass, settings);
  if (fallback !== undefined && isBad(fallback))
    return { code: "bad-row", problem: `the class ${runnerClass.name} ${fallback.problem}` };
  return { runnerClass, ...defined({ fallback }) };
};

/**
 * The runner that a job's tags ask for, within the bounds, or why there is none: `problem` is a sentence with its remedy.
 *
 * @param classRow the row of the class that the tags name, where the mapping has it
 */
export const chooseRunner = (
  request: ReadRequest,
  classRow: StoredRow | undefined,
  settings: RoutingSettings,
): ChosenRunner | NotChosen => {
  const fields = fieldsOf(request, classRow);
  if (isNot(fields)) return fields;
  const { class: name = "default" } = request;
  const runnerClass = resolveClass(name, fields, settings);
  if (isBad(runnerClass)) return { code: "bad-row", problem: `the class ${name} ${runnerClass.problem}` };
  const problem = classProblem(runnerClass, settings.bounds ?? {});
  if (problem) return problem;
  if (runnerClass.type === "MICROVM") return onMicroVm(runnerClass, settings);
  if (runnerClass.ec2 === undefined) return onLambda(runnerClass, settings);
  const ec2 = sizedEc2(request, fields, runnerClass.ec2, settings);
  return isNot(ec2) ? ec2 : { runnerClass: { ...runnerClass, ec2 } };
};
