import type { Image } from "@aws-sdk/client-ec2";
import { ARCHITECTURES, type Architecture } from "../../../Core/model/runner-class";
import { duration } from "../../console/words";
import { readImage, readLaunchTemplate, resolveImage } from "../../image/launch-images";
import { type Check, type DoctorContext, type DoctorFinding, ok, problem, warning } from "../finding";
import { OLD_IMAGE_MILLISECONDS } from "./image-age";

const AREA = "image";
const PREPARE =
  "Make a new one (npx runners image build), or take Amazon's newest (npx runners image use stock)";

/** What an image should be, and what helps where it is not. */
interface Wanted {
  /** How findings name it, e.g. `arm64`. */
  readonly where: string;
  readonly architecture: Architecture;
  readonly rootDevice: string | undefined;
  readonly now: number;
  readonly remedy: string;
  readonly deviceRemedy: (device: string | undefined) => string;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html : a deprecated image can still be launched. */
const ageFindings = (
  { CreationDate, DeprecationTime }: Image,
  subject: string,
  { now, remedy }: Wanted,
): readonly DoctorFinding[] => {
  const age = now - Date.parse(CreationDate ?? "");
  if (Date.parse(DeprecationTime ?? "") < now) {
    return [warning(AREA, `${subject} is deprecated since ${DeprecationTime}`, remedy)];
  }
  return age > OLD_IMAGE_MILLISECONDS
    ? [warning(AREA, `${subject} was made ${duration(age)} ago`, remedy)]
    : [];
};

const plainFindings = ({ Name = "" }: Image, subject: string, { architecture }: Wanted) =>
  /^(al2023-ami-|ubuntu\/images\/)/.test(Name)
    ? [
        warning(
          AREA,
          `${subject} is its distribution's plain image: each runner installs Docker and gitlab-runner when it boots, which takes up to three minutes more`,
          `To start jobs sooner, make an image that holds them: npx runners image build --architecture ${architecture}`,
        ),
      ]
    : [];

const imageFindings = (image: Image, wanted: Wanted): readonly DoctorFinding[] => {
  const { where, architecture, rootDevice, remedy, deviceRemedy } = wanted;
  const subject = `${where}: ${image.ImageId} (${image.Name ?? "no name"})`;
  const { State, Architecture: processor, RootDeviceName: device } = image;
  const found = [
    ...(State === "available" ? [] : [problem(AREA, `${subject} is ${State}`, remedy)]),
    ...(processor === architecture ? [] : [problem(AREA, `${subject} is for ${processor}`, remedy)]),
    ...(rootDevice === undefined || device === rootDevice
      ? []
      : [
          problem(
            AREA,
            `${subject} has its root disk at ${device}, the stack says ${rootDevice}`,
            deviceRemedy(device),
          ),
        ]),
    ...plainFindings(image, subject, wanted),
    ...ageFindings(image, subject, wanted),
  ];
  return found.length > 0 ? found : [ok(AREA, `${subject} is there`)];
};

const lookAt = async (
  { context }: DoctorContext,
  imageId: string,
  wanted: Wanted,
): Promise<readonly DoctorFinding[]> => {
  const image = await readImage(context, imageId);
  return image
    ? imageFindings(image, wanted)
    : [problem(AREA, `${wanted.where}: there is no image ${imageId}`, wanted.remedy)];
};

const checkArchitecture = async (
  doctorContext: DoctorContext,
  architecture: Architecture,
): Promise<readonly DoctorFinding[]> => {
  if (doctorContext.settings?.allowedInstanceTypes[architecture].length === 0) return [];
  const data = await readLaunchTemplate(doctorContext.context, doctorContext.autoScaler, architecture);
  if (data?.ImageId === undefined)
    return [problem(AREA, `${architecture}: the launch template names none`, "Deploy AutoScaler again")];
  const ImageId = await resolveImage(doctorContext.context, data.ImageId);
  if (!ImageId.startsWith("ami-")) {
    return [
      warning(
        AREA,
        `${architecture}: ${ImageId} does not resolve to an image`,
        "Check that the parameter is there and holds an image's id",
      ),
    ];
  }
  return lookAt(doctorContext, ImageId, {
    where: architecture,
    architecture,
    rootDevice: data.BlockDeviceMappings?.[0]?.DeviceName,
    now: doctorContext.context.now(),
    remedy: PREPARE,
    deviceRemedy: (device) => `Deploy AutoScaler with RootDeviceName=${device}`,
  });
};

const CORRECT =
  'Give another id under "images" of "bounds" in the mapping\'s settings, or take the entry out; then upload it';

/** Those that jobs may ask for with `aws:image=…`. */
const checkBoundImages = async (doctorContext: DoctorContext): Promise<readonly DoctorFinding[]> => {
  const { context, autoScaler, settings } = doctorContext;
  const entries = Object.entries(settings?.bounds?.images ?? {}).flatMap(([alias, ids]) =>
    ARCHITECTURES.flatMap((architecture) =>
      ids[architecture] ? [{ alias, architecture, id: ids[architecture] }] : [],
    ),
  );
  const found: DoctorFinding[] = [];
  for (const { alias, architecture, id } of entries) {
    const template = await readLaunchTemplate(context, autoScaler, architecture);
    const rootDevice = template?.BlockDeviceMappings?.[0]?.DeviceName;
    const wanted = {
      where: `aws:image=${alias}, ${architecture}`,
      architecture,
      rootDevice,
      now: context.now(),
      remedy: CORRECT,
      deviceRemedy: () => `${CORRECT}. All images of a stack have their root disk at one place`,
    };
    found.push(...(await lookAt(doctorContext, id, wanted)));
  }
  return found;
};

/** The images that instances start from. */
export const checkImages: Check = async (doctorContext) => [
  ...(await checkArchitecture(doctorContext, "arm64")),
  ...(await checkArchitecture(doctorContext, "x86_64")),
  ...(await checkBoundImages(doctorContext)),
];
