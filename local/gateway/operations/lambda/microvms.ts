import { textAt } from "../fields";
import { arnAt, type Need, type Operations, type Place, UnclearCallError } from "../need";
import type { PathInput } from "./lambda";

const onImage = (action: string, image: string | undefined): Need => {
  if (!/^arn:aws[a-z-]*:lambda:[\w-]+:\d{12}:microvm-image:[\w-]+$/.test(image ?? ""))
    throw new UnclearCallError(`${image} is no ARN of an image`);
  return { action: `lambda:${action}`, resource: image ?? "" };
};

/** A MicroVM itself is no resource of rights: its image is. One that is not there has an image that nobody may use. */
const onMicroVm =
  (action: string) =>
  async ({ labels }: PathInput, place: Place): Promise<readonly Need[]> => {
    const image = await place.deployed.microVmImage(labels.microvmIdentifier ?? "");
    return [onImage(action, image ?? arnAt(place, "lambda", "microvm-image:none"))];
  };

/** Lambda knows no resource of this right. */
const PASS_CONNECTOR: Need = { action: "lambda:PassNetworkConnector", resource: "*" };

const passRole = (roleArn: string | undefined): readonly Need[] =>
  roleArn === undefined
    ? []
    : [
        {
          action: "iam:PassRole",
          resource: roleArn,
          context: { "iam:PassedToService": "lambda.amazonaws.com" },
        },
      ];

const image =
  (action: string) =>
  ({ labels }: PathInput): readonly Need[] => [onImage(action, labels.imageIdentifier)];

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html */
export const MICROVMS: Operations<PathInput> = {
  RunMicrovm: ({ body }) => [
    onImage("RunMicrovm", textAt(body(), "imageIdentifier")),
    PASS_CONNECTOR,
    ...passRole(textAt(body(), "executionRoleArn")),
  ],
  ListMicrovms: () => [{ action: "lambda:ListMicrovms", resource: "*" }],
  ...Object.fromEntries(
    ["GetMicrovm", "SuspendMicrovm", "ResumeMicrovm", "TerminateMicrovm", "CreateMicrovmShellAuthToken"].map(
      (name) => [name, onMicroVm(name)],
    ),
  ),
  ListMicrovmImages: () => [{ action: "lambda:ListMicrovmImages", resource: "*" }],
  ListManagedMicrovmImageVersions: () => [
    { action: "lambda:ListManagedMicrovmImageVersions", resource: "*" },
  ],
  ...Object.fromEntries(
    [
      "GetMicrovmImage",
      "GetMicrovmImageVersion",
      "ListMicrovmImageVersions",
      "DeleteMicrovmImageVersion",
    ].map((name) => [name, image(name)]),
  ),
  UpdateMicrovmImage: ({ labels, body }) => [
    onImage("UpdateMicrovmImage", labels.imageIdentifier),
    PASS_CONNECTOR,
    ...passRole(textAt(body(), "buildRoleArn")),
  ],
};

const VMS = "/2025-09-09/microvms";
const IMAGES = "/2025-09-09/microvm-images";
const MANAGED = "/2025-09-09/managed-microvm-images";

/** https://docs.aws.amazon.com/lambda/latest/microvm-api/API_Operations.html */
export const MICROVM_PATHS: readonly (readonly [operation: string, method: string, path: string])[] = [
  ["RunMicrovm", "POST", VMS],
  ["ListMicrovms", "GET", VMS],
  ["GetMicrovm", "GET", `${VMS}/{microvmIdentifier}`],
  ["TerminateMicrovm", "DELETE", `${VMS}/{microvmIdentifier}`],
  ["SuspendMicrovm", "POST", `${VMS}/{microvmIdentifier}/suspend`],
  ["ResumeMicrovm", "POST", `${VMS}/{microvmIdentifier}/resume`],
  ["CreateMicrovmShellAuthToken", "POST", `${VMS}/{microvmIdentifier}/shell-auth-token`],
  ["ListManagedMicrovmImageVersions", "GET", `${MANAGED}/{imageIdentifier}/versions`],
  ["ListMicrovmImages", "GET", IMAGES],
  ["GetMicrovmImage", "GET", `${IMAGES}/{imageIdentifier}`],
  ["UpdateMicrovmImage", "PUT", `${IMAGES}/{imageIdentifier}`],
  ["ListMicrovmImageVersions", "GET", `${IMAGES}/{imageIdentifier}/versions`],
  ["GetMicrovmImageVersion", "GET", `${IMAGES}/{imageIdentifier}/versions/{imageVersion}`],
  ["DeleteMicrovmImageVersion", "DELETE", `${IMAGES}/{imageIdentifier}/versions/{imageVersion}`],
];
