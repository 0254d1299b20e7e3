import { DeploymentDouble, NOW } from "../testing/deployment-double";
import { NamedError } from "../testing/named-error";

const DAY = 24 * 3_600_000;
const BASE = "arn:aws:lambda:us-east-1:aws:microvm-image:al2023-1";

interface Told {
  readonly area: string;
  readonly level: string;
  readonly sentence: string;
  readonly remedy?: string;
}

const imageOf = (size: number) => ({
  imageArn: `arn:aws:lambda:us-east-1:111122223333:microvm-image:gitlab-runners-${size}-1`,
  imageVersion: "3.0",
});

interface Aws {
  readonly image: object;
  readonly version: object;
  readonly bases: readonly object[];
  readonly quotas: Readonly<Record<string, number>>;
}
const SOUND: Aws = {
  image: { state: "UPDATED" },
  version: {
    ...{ state: "SUCCESSFUL", status: "ACTIVE", createdAt: new Date(NOW - 20 * DAY) },
    ...{ baseImageArn: BASE, baseImageVersion: "1.2" },
  },
  bases: [
    { imageVersion: "1.1", status: "DEPRECATED", createdAt: new Date(NOW - 130 * DAY) },
    { imageVersion: "1.2", status: "AVAILABLE", createdAt: new Date(NOW - 100 * DAY) },
  ],
  quotas: { "L-CD1C0CC4": 1_024, "L-535CA9B6": 5, "L-91B95582": 5 },
};

/** A deployment with one class of MicroVMs, whose size is published. */
const world = (aws: Partial<Aws> = {}): DeploymentDouble => {
  const { image, version, bases, quotas } = { ...SOUND, ...aws };
  const on = new DeploymentDouble();
  on.mapping.put({ pk: "class#vm", sk: "class", type: "MICROVM", maxRunners: 20 });
  on.setParameter("microvm/2048", JSON.stringify(imageOf(2048)), "String");
  on.answers.set("GetMicrovmImageCommand", () => image);
  on.answers.set("GetMicrovmImageVersionCommand", () => version);
  on.answers.set("ListManagedMicrovmImageVersionsCommand", ({ nextToken }: { nextToken?: string }) => {
    const at = Number(nextToken ?? 0);
    return {
      items: bases.slice(at, at + 1),
      ...(at + 1 < bases.length ? { nextToken: String(at + 1) } : {}),
    };
  });
  on.answers.set("GetServiceQuotaCommand", ({ QuotaCode }: { QuotaCode: string }) => ({
    Quota: { Value: quotas[QuotaCode] ?? 640 },
  }));
  return on;
};

const told = async (on: DeploymentDouble): Promise<readonly Told[]> => {
  const { findings } = JSON.parse((await on.run(["doctor", "--json"])).out) as { findings: Told[] };
  return findings.filter(({ area, sentence }) => area === "MicroVMs" || sentence.startsWith("MicroVMs: "));
};
const badOf = async (on: DeploymentDouble) => (await told(on)).filter(({ level }) => level !== "ok");

describe("doctor, of MicroVMs", () => {
  it("is content with an image that can be started, and with quotas that do", async () => {
    const found = await told(world());
    expect(found.map(({ level, sentence }) => [level, sentence])).toEqual([
      ["ok", "2048 MiB: gitlab-runners-2048-1, version 3.0 can be started"],
      ["ok", "MicroVMs: 1024 GB of memory do for 40 GB, all runners of a class"],
      ["ok", "MicroVMs: 5 launches a second"],
      ["ok", "MicroVMs: 5 launches at once"],
    ]);
  });

  it("says nothing of them where nothing is of theirs, in whatever region", async () => {
    const on = new DeploymentDouble();
    on.answers.set("GetServiceQuotaCommand", () => ({ Quota: { Value: 640 } }));
    expect(await told(on)).toEqual([]);
    expect(on.calls.map(({ command }) => command)).not.toContain("GetMicrovmImageCommand");
  });

  it.each([
    ["it has none", undefined, "problem", "its jobs fail to start"],
    ["it has one", "EC2", "warning", "its jobs fall back each time"],
  ])("finds that a size is not published, by the class's fallback: %s", async (_, fallback, level, words) => {
    const on = world();
    on.mapping.put({
      ...{ pk: "class#big", sk: "class", type: "MICROVM", memoryMiB: 8192 },
      ...(fallback ? { fallback } : {}),
    });
    const [found] = await badOf(on);
    expect(found).toMatchObject({ level, remedy: expect.stringContaining("8192 among its SizesMiB") });
    expect(found?.sentence).toBe(`No image of 8192 MiB is published, which the class big names: ${words}`);
  });

  it("counts the default class where a row leads to it", async () => {
    const on = world();
    on.parameters.delete("/gitlabrunner/microvm/2048");
    on.mapping.clear();
    expect(await badOf(on)).toEqual([]);
    on.mapping.put({ pk: "job#x", sk: "tags#a", type: "MICROVM" });
    expect(await badOf(on)).toMatchObject([{ sentence: expect.stringContaining("the class default") }]);
  });

  it("finds a region without them", async () => {
    const on = world();
    const stack = on.stacks.get("gitlab-runners-autoscaler");
    if (stack) stack.StackId = stack.StackId.replace("us-east-1", "eu-west-3");
    const [found] = await badOf(on);
    expect(found).toMatchObject({ level: "problem", remedy: expect.stringContaining('"EC2" or "LAMBDA"') });
    expect(found?.sentence).toContain("eu-west-3 has no Lambda MicroVMs");
  });

  const version = (patch: object): Partial<Aws> => ({ version: { ...SOUND.version, ...patch } });
  const succeeded = (days: number): Partial<Aws> => ({
    bases: [...SOUND.bases, { imageVersion: "1.3", createdAt: new Date(NOW - days * DAY) }],
    version: { ...SOUND.version },
  });
  const ofBase = (status: string): Partial<Aws> => ({
    bases: [{ imageVersion: "1.2", status, createdAt: new Date(NOW) }],
  });
  it.each<[string, Partial<Aws>, string, string, string]>([
    [
      "an image that failed to build",
      { image: { state: "UPDATE_FAILED" } },
      "problem",
      "UPDATE_FAILED",
      "CodeKey",
    ],
    ["one that is being built", { image: { state: "UPDATING" } }, "warning", "being built", "Wait"],
    ["a version that is inactive", version({ status: "INACTIVE" }), "problem", "INACTIVE", "CodeKey"],
    ["a version that failed", version({ state: "FAILED" }), "problem", "FAILED", "CodeKey"],
    [
      "a version that nobody built again",
      version({ createdAt: new Date(NOW - 46 * DAY) }),
      "warning",
      "was built 46 d",
      "RebuildImagesFunction",
    ],
    // It is deprecated since its successor came, and expires ninety days later.
    ["a base image near its end", succeeded(61), "warning", "expires on 2026-12-24", "newest base image"],
    ["a base image past its end", succeeded(91), "problem", "expired on 2026-11-24", "newest base image"],
    ["a base image that was recalled", ofBase("RECALLED"), "problem", "is RECALLED", "newest base image"],
    ["a base image that is forgotten", { bases: [] }, "problem", "not listed any more", "newest base image"],
    [
      "too little memory",
      { quotas: { ...SOUND.quotas, "L-CD1C0CC4": 8 } },
      "warning",
      "8 GB of memory, and all runners of a class need 40 GB",
      "lambda/quotas/L-CD1C0CC4",
    ],
    [
      "a new account's launch rate",
      { quotas: { ...SOUND.quotas, "L-535CA9B6": 1 } },
      "warning",
      "1 launches a second, not 5",
      "lambda/quotas/L-535CA9B6",
    ],
    [
      "a new account's burst",
      { quotas: { ...SOUND.quotas, "L-91B95582": 1 } },
      "warning",
      "1 launches at once, not 5",
      "lambda/quotas/L-91B95582",
    ],
  ])("finds %s, with its remedy", async (_, aws, level, words, remedy) => {
    expect(await badOf(world(aws))).toMatchObject([
      { level, sentence: expect.stringContaining(words), remedy: expect.stringContaining(remedy) },
    ]);
  });

  it("leaves a base image alone whose end is a month away", async () => {
    expect(await badOf(world(succeeded(59)))).toEqual([]);
  });

  it("finds an image that is gone, and looks at the others all the same", async () => {
    const on = world();
    on.setParameter("microvm/8192", JSON.stringify(imageOf(8192)), "String");
    on.answers.set("GetMicrovmImageCommand", ({ imageIdentifier }: { imageIdentifier: string }) => {
      if (imageIdentifier.includes("2048")) throw new NamedError("ResourceNotFoundException");
      return SOUND.image;
    });
    expect(await badOf(on)).toMatchObject([
      { level: "problem", sentence: expect.stringMatching(/^2048 .* is not there$/) },
    ]);
    on.answers.delete("GetMicrovmImageCommand");
    expect((await badOf(on)).map(({ level }) => level)).toEqual(["unknown", "unknown"]);
  });
});
