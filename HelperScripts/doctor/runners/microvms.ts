import {
  GetMicrovmImageCommand,
  GetMicrovmImageVersionCommand,
  type GetMicrovmImageVersionCommandOutput,
} from "@aws-sdk/client-lambda-microvms";
import type { MicroVmImage } from "../../../Core/microvm/image";
import { MICROVM_REGIONS } from "../../../Core/microvm/regions";
import { MICROVM_MEMORY_MIB, type MicroVmMemory, type RunnerClass } from "../../../Core/model/runner-class";
import { duration } from "../../console/words";
import { isNamed } from "../../failures";
import { microVmClasses } from "../../mapping/mapped-classes";
import { deployedRows } from "../../mapping/stored-rows";
import { publishedImages } from "../../microvm/published-image";
import { imageText } from "../../microvm/words";
import {
  type Check,
  type DoctorContext,
  type DoctorFinding,
  guarded,
  ok,
  problem,
  warning,
} from "../finding";
import { baseFindings } from "./microvm-base";

const AREA = "MicroVMs";
const DEPLOY = "Deploy MicroVmRunner again with another CodeKey, which builds its images anew";
const REBUILD =
  "Look at the log of MicroVmRunner's RebuildImagesFunction, which builds an image again each month";

const DAY = 24 * 3_600_000;
/** It is built again at thirty days. Half as long again is fifteen days of builds that failed, four a day. */
const OLD_MILLISECONDS = 45 * DAY;

/** Only from these a MicroVM can be started. */
const USABLE: readonly (string | undefined)[] = ["CREATED", "UPDATED"];
const BUILDING: readonly (string | undefined)[] = ["CREATING", "UPDATING"];

const regionFinding = (region: string): DoctorFinding =>
  problem(
    AREA,
    `${region} has no Lambda MicroVMs, and the mapping has classes of them`,
    'Map their jobs to "EC2" or "LAMBDA", or deploy in another region (docs/microvm-runner.md lists those that have them)',
  );

const missingFinding = (memoryMiB: MicroVmMemory, classes: readonly RunnerClass[]): DoctorFinding => {
  const names = classes.map(({ name }) => name).join(", ");
  const mayFallBack = classes.every(({ fallback }) => fallback !== undefined);
  const becomes = mayFallBack ? "its jobs fall back each time" : "its jobs fail to start";
  return (mayFallBack ? warning : problem)(
    AREA,
    `No image of ${memoryMiB} MiB is published, which the class ${names} names: ${becomes}`,
    `Deploy MicroVmRunner with ${memoryMiB} among its SizesMiB, or give the class another "memoryMiB" or a "fallback"`,
  );
};

const stateFindings = (subject: string, state: string | undefined): readonly DoctorFinding[] => {
  if (USABLE.includes(state)) return [];
  if (BUILDING.includes(state))
    return [warning(AREA, `${subject} is being built (${state})`, "Wait ten minutes, then look again")];
  return [problem(AREA, `${subject}: its image is in the state ${state}`, DEPLOY)];
};

const versionFindings = (
  subject: string,
  { state, status, createdAt }: GetMicrovmImageVersionCommandOutput,
  now: number,
): readonly DoctorFinding[] => {
  if (state !== "SUCCESSFUL" || status !== "ACTIVE")
    return [problem(AREA, `${subject} cannot be started: it is ${state}, ${status}`, DEPLOY)];
  const age = now - (createdAt?.getTime() ?? now);
  return age > OLD_MILLISECONDS ? [warning(AREA, `${subject} was built ${duration(age)} ago`, REBUILD)] : [];
};

const lookAt = async (
  { context }: DoctorContext,
  { imageArn: imageIdentifier, imageVersion }: MicroVmImage,
  subject: string,
): Promise<readonly DoctorFinding[]> => {
  const client = context.clients.microVms();
  const { state } = await client.send(new GetMicrovmImageCommand({ imageIdentifier }));
  const version = await client.send(new GetMicrovmImageVersionCommand({ imageIdentifier, imageVersion }));
  const found = [
    ...stateFindings(subject, state),
    ...versionFindings(subject, version, context.now()),
    ...(await baseFindings(AREA, subject, version, context)),
  ];
  return found.length > 0 ? found : [ok(AREA, `${subject} can be started`)];
};

const imageCheck = (image: MicroVmImage, memoryMiB: MicroVmMemory): Check => {
  const subject = `${memoryMiB} MiB: ${imageText(image)}`;
  return (doctorContext) =>
    lookAt(doctorContext, image, subject).catch((error: unknown) => {
      if (!isNamed(error, "ResourceNotFoundException")) throw error;
      return [problem(AREA, `${subject} is not there`, DEPLOY)];
    });
};

/** What MicroVMs need: the region, and an image for each size that can be started for some time yet. */
export const checkMicroVms: Check = async (doctorContext) => {
  const { context, autoScaler, settings } = doctorContext;
  const classes = settings ? microVmClasses(await deployedRows(context, autoScaler), settings) : [];
  const { region } = autoScaler.home;
  if (!MICROVM_REGIONS.includes(region)) return classes.length > 0 ? [regionFinding(region)] : [];
  const found: DoctorFinding[] = [];
  for (const { memoryMiB, image } of await publishedImages(context, autoScaler, MICROVM_MEMORY_MIB)) {
    const naming = classes.filter(({ microVm }) => microVm?.memoryMiB === memoryMiB);
    if (image !== undefined)
      found.push(...(await guarded(AREA, imageCheck(image, memoryMiB))(doctorContext)));
    else if (naming.length > 0) found.push(missingFinding(memoryMiB, naming));
  }
  return found;
};
