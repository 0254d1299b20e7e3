import { defined } from "../defined";
import type { Ec2Settings, MicroVmSettings, RunnerClass } from "../model/runner-class";
import type { FallbackRunner } from "../model/runner-order";
import { functionArnProblem } from "./function-arn";
import { classRowKey } from "./mapping-keys";
import {
  type BadRow,
  type ClassFields,
  isBad,
  type MappingJobRow,
  parseClassRow,
  privilegedProblem,
  rowName,
} from "./mapping-row";
import type { StoredRow } from "./mapping-state";
import type { RoutingSettings } from "./routing-settings";

const instanceTypesProblem = (ec2: Ec2Settings, settings: RoutingSettings): string | undefined => {
  const allowed = settings.allowedInstanceTypes[ec2.architecture];
  const others = ec2.instanceTypes.filter((type) => !allowed.includes(type));
  if (ec2.instanceTypes.length === 0) {
    return `has no instance type for ${ec2.architecture}: name some in AutoScaler's instance type parameters`;
  }
  if (others.length === 0) return undefined;
  return `asks for ${others.join(", ")}, which the stack does not allow for ${ec2.architecture} (it allows ${allowed.join(", ") || "none"}): choose of these, or deploy AutoScaler with them in its instance type parameters`;
};

const ec2Settings = (fields: ClassFields, settings: RoutingSettings): Ec2Settings | undefined => {
  const byDefault = settings.defaults.EC2.ec2;
  const architecture = fields.architecture ?? byDefault?.architecture;
  if (byDefault === undefined || architecture === undefined) return undefined;
  return {
    architecture,
    instanceTypes: fields.instanceTypes ?? settings.allowedInstanceTypes[architecture],
    market: fields.market ?? byDefault.market,
    diskGiB: fields.diskGiB ?? byDefault.diskGiB,
    privileged: fields.privileged ?? byDefault.privileged,
    ...defined({ shell: fields.shell || undefined }),
  };
};

const microVmSettings = (fields: ClassFields, settings: RoutingSettings): MicroVmSettings | undefined => {
  const byDefault = settings.defaults.MICROVM.microVm;
  const { memoryMiB, executor, image, privileged } = fields;
  return (
    byDefault && {
      ...byDefault,
      ...defined({ memoryMiB, executor, image, privileged: privileged || undefined }),
    }
  );
};

const withDefaults = (name: string, fields: ClassFields, settings: RoutingSettings): RunnerClass => {
  const byDefault = settings.defaults[fields.type];
  const ec2 = fields.type === "EC2" ? ec2Settings(fields, settings) : undefined;
  const microVm = fields.type === "MICROVM" ? microVmSettings(fields, settings) : undefined;
  const fallback = fields.fallback ?? byDefault.fallback;
  return {
    name,
    type: fields.type,
    lifetimeSeconds: fields.lifetimeSeconds ?? byDefault.lifetimeSeconds,
    waitTimeoutSeconds: fields.waitTimeoutSeconds ?? byDefault.waitTimeoutSeconds,
    maxRunners: fields.maxRunners ?? byDefault.maxRunners,
    ...defined({ priority: fields.priority, projects: fields.projects }),
    ...(fields.protectedRefsOnly ? { protectedRefsOnly: true } : {}),
    ...(fields.refuseImages ? { refuseImages: true } : {}),
    ...defined({ ec2, microVm, fallback, keepOnFailureMinutes: fields.keepOnFailure }),
  };
};

/**
 * What jobs of a class get where no MicroVM is to be had: the default class of its fallback, for as long as the class
 * says, and privileged where it is. Undefined: it has none.
 */
export const fallbackOf = (
  { fallback: type, lifetimeSeconds, microVm }: RunnerClass,
  settings: RoutingSettings,
): FallbackRunner | BadRow | undefined => {
  if (type === undefined) return undefined;
  const found = resolveClass("default", { type }, settings);
  if (isBad(found)) return { problem: `falls back to ${type}, whose default class ${found.problem}` };
  const longest = settings.longestLifetimeSeconds[type];
  const { ec2 } = found;
  const runnerClass = {
    ...found,
    lifetimeSeconds: Math.min(lifetimeSeconds, longest),
    ...(ec2 && microVm?.privileged ? { ec2: { ...ec2, privileged: true } } : {}),
  };
  if (type !== "LAMBDA") return { runnerClass };
  const { defaultRunnerArn: functionArn, home } = settings;
  const problem = functionArnProblem(functionArn, home);
  return problem === undefined
    ? { runnerClass, ...defined({ functionArn }) }
    : { problem: `falls back to LAMBDA, and AutoScaler's DefaultRunnerArn ${problem}` };
};

/**
 * A class's fields and the stack's defaults made one, or why they do not go together: `problem` continues
 * a sentence that began with the class's name.
 */
export const resolveClass = (
  name: string,
  fields: ClassFields,
  settings: RoutingSettings,
): RunnerClass | BadRow => {
  const runnerClass = withDefaults(name, fields, settings);
  const longest = settings.longestLifetimeSeconds[fields.type];
  if (runnerClass.lifetimeSeconds > longest) {
    return {
      problem: `wants ${runnerClass.lifetimeSeconds} s of life, more than the stack's ${longest} s: shorten it, or raise AutoScaler's Ec2MaximumLifetimeSeconds`,
    };
  }
  const { ec2 } = runnerClass;
  const problem =
    privilegedProblem({ ...runnerClass.microVm, ...runnerClass }) ??
    (ec2 && instanceTypesProblem(ec2, settings));
  return problem ? { problem } : runnerClass;
};

/**
 * The class that a job row asks for. Unknown or broken is a problem, never the default (I-27).
 *
 * @param classRow the row under the class's key, when there is one
 */
export const classOfRow = (
  row: MappingJobRow,
  classRow: StoredRow | undefined,
  settings: RoutingSettings,
): RunnerClass | BadRow => {
  const { className } = row;
  if (className === undefined || className === "default") {
    return resolveClass("default", { type: row.type }, settings);
  }
  if (classRow === undefined) {
    return {
      problem: `names the class ${JSON.stringify(className)}, which the mapping lacks: add it to "classes" and upload, or correct the name`,
    };
  }
  const fields = parseClassRow(classRow);
  const named = `names the class ${JSON.stringify(className)}, whose row ${rowName({ pk: classRowKey(className), sk: classRow.sk })}`;
  if (isBad(fields)) return { problem: `${named} ${fields.problem}` };
  if (fields.type !== row.type) {
    return {
      problem: `has the type ${row.type} and ${named} has ${fields.type}: make them the same`,
    };
  }
  const resolved = resolveClass(className, fields, settings);
  return isBad(resolved) ? { problem: `${named} ${resolved.problem}` } : resolved;
};
