import { DeploymentDouble, NOW } from "../testing/deployment-double";
import { NamedError } from "../testing/named-error";

const ARM = "ami-0000000000000a44a";
const X86 = "ami-00000000000000086";

interface Told {
  readonly area: string;
  readonly level: string;
  readonly sentence: string;
  readonly remedy?: string;
}

/** What doctor says of the images that jobs may ask for by tag, each as given. */
const findings = async (images: Readonly<Record<string, object>>): Promise<readonly Told[]> => {
  const on = new DeploymentDouble();
  const bounds = { images: { tools: { arm64: ARM, x86_64: X86 } } };
  on.mapping.put({ pk: "settings", sk: "settings", bounds });
  on.answers.set("DescribeLaunchTemplateVersionsCommand", () => ({
    LaunchTemplateVersions: [
      { LaunchTemplateData: { ImageId: ARM, BlockDeviceMappings: [{ DeviceName: "/dev/xvda" }] } },
    ],
  }));
  on.answers.set("DescribeImagesCommand", ({ ImageIds: [ImageId = ""] }: { ImageIds: string[] }) => {
    const image = images[ImageId];
    if (image === undefined) throw new NamedError("InvalidAMIID.NotFound");
    return {
      Images: [{ ImageId, Name: "tools", State: "available", RootDeviceName: "/dev/xvda", ...image }],
    };
  });
  const { out } = await on.run(["doctor", "--json"]);
  const { findings } = JSON.parse(out) as { readonly findings: readonly Told[] };
  return findings.filter(({ sentence }) => sentence.startsWith("aws:image="));
};

const arm64 = { Architecture: "arm64" };
const x86 = { Architecture: "x86_64" };

describe("doctor, of the images in bounds", () => {
  it("is content with images that are there and right", async () => {
    expect(await findings({ [ARM]: arm64, [X86]: x86 })).toMatchObject([
      { level: "ok", sentence: `aws:image=tools, arm64: ${ARM} (tools) is there` },
      { level: "ok", sentence: `aws:image=tools, x86_64: ${X86} (tools) is there` },
    ]);
  });

  it.each([
    ["one that is gone", { [ARM]: arm64 }, "problem", `x86_64: there is no image ${X86}`],
    ["one for another processor", { [ARM]: arm64, [X86]: arm64 }, "problem", "is for arm64"],
    [
      "one that is not available",
      { [ARM]: arm64, [X86]: { ...x86, State: "disabled" } },
      "problem",
      "is disabled",
    ],
    [
      "one that is deprecated",
      { [ARM]: arm64, [X86]: { ...x86, DeprecationTime: new Date(NOW - 1).toISOString() } },
      "warning",
      "is deprecated since",
    ],
    [
      "one with its root disk elsewhere",
      { [ARM]: arm64, [X86]: { ...x86, RootDeviceName: "/dev/sda1" } },
      "problem",
      "/dev/sda1, the stack says /dev/xvda",
    ],
  ])("finds %s, and says where to correct it", async (_, images, level, words) => {
    const [, found] = await findings(images);
    expect(found).toMatchObject({ level, sentence: expect.stringContaining(words) });
    expect(found?.remedy).toContain('under "images" of "bounds"');
  });
});
