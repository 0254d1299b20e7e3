import type { Image } from "@aws-sdk/client-ec2";
import type { Architecture } from "../../../Core/model/runner-class";
import { duration } from "../../console/words";
import { readImage, readLaunchTemplate, resolveImage } from "../../image/launch-images";
import { type Check, type DoctorContext, type DoctorFinding, ok, problem, warning } from "../finding";
import { OLD_IMAGE_MILLISECONDS } from "./image-age";

const AREA = "image";
const PREPARE =
  "Make a new one (npx runners image build), or take Amazon's newest (npx runners image use stock)";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html : a deprecated image can still be launched. */
const ageFindings = (
  { CreationDate, DeprecationTime }: Image,
  subject: string,
  now: number,
): readonly DoctorFinding[] => {
  const age = now - Date.parse(CreationDate ?? "");
  if (Date.parse(DeprecationTime ?? "") < now) {
    return [warning(AREA, `${subject} is deprecated since ${DeprecationTime}`, PREPARE)];
  }
  return age > OLD_IMAGE_MILLISECONDS
    ? [warning(AREA, `${subject} was made ${duration(age)} ago`, PREPARE)]
    : [];
};

const imageFindings = (
  image: Image,
  architecture: Architecture,
  rootDevice: string | undefined,
  now: number,
): readonly DoctorFinding[] => {
  const name = `${image.ImageId} (${image.Name ?? "no name"})`;
  const found: DoctorFinding[] = [];
  if (image.State !== "available") {
    found.push(problem(AREA, `${architecture}: ${name} is ${image.State}`, PREPARE));
  }
  if (image.Architecture !== architecture) {
    found.push(problem(AREA, `${architecture}: ${name} is for ${image.Architecture}`, PREPARE));
  }
  if (rootDevice !== undefined && image.RootDeviceName !== rootDevice) {
    found.push(
      problem(
        AREA,
        `${architecture}: ${name} has its root disk at ${image.RootDeviceName}, the stack says ${rootDevice}`,
        `Deploy AutoScaler with RootDeviceName=${image.RootDeviceName}`,
      ),
    );
  }
  if (/^(al2023-ami-|ubuntu\/images\/)/.test(image.Name ?? "")) {
    found.push(
      warning(
        AREA,
        `${architecture}: ${name} is its distribution's plain image: each runner installs Docker and gitlab-runner when it boots, which takes up to three minutes more`,
        `To start jobs sooner, make an image that holds them: npx runners image build --architecture ${architecture}`,
      ),
    );
  }
  found.push(...ageFindings(image, `${architecture}: ${name}`, now));
  return found.length > 0 ? found : [ok(AREA, `${architecture}: ${name} is there`)];
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
  const image = await readImage(doctorContext.context, ImageId);
  return image
    ? imageFindings(
        image,
        architecture,
        data.BlockDeviceMappings?.[0]?.DeviceName,
        doctorContext.context.now(),
      )
    : [problem(AREA, `${architecture}: there is no image ${ImageId}`, PREPARE)];
};

/** The images that instances start from. */
export const checkImages: Check = async (doctorContext) => [
  ...(await checkArchitecture(doctorContext, "arm64")),
  ...(await checkArchitecture(doctorContext, "x86_64")),
];
