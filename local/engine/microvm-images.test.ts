// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes them so
import { existsSync } from "node:fs";
import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
  waitUntilStackUpdateComplete,
} from "@aws-sdk/client-cloudformation";
import {
  DeleteMicrovmImageVersionCommand,
  GetMicrovmImageCommand,
  GetMicrovmImageVersionCommand,
  type LambdaMicrovmsClient,
  ListMicrovmImageVersionsCommand,
} from "@aws-sdk/client-lambda-microvms";
import { lambdaImages } from "../../MicroVmRunner/src/rebuild/lambda-images";
import { describeWith } from "../../tests/needs";
import { type GuardedEngine, PYTHON, startGuardedEngine } from "./testing/guarded-engine";

jest.setTimeout(60_000);

const STACK = "microvms";

/** An image on the condition that its size is in the text of sizes, as MicroVmRunner has them. */
const template = (key: string): string =>
  JSON.stringify({
    Parameters: { SizesMiB: { Type: "String", Default: "2048" } },
    Conditions: Object.fromEntries(
      [512, 2_048].map((size) => [
        `Has${size}`,
        {
          "Fn::Not": [
            {
              "Fn::Equals": [
                { Ref: "SizesMiB" },
                { "Fn::Join": ["", { "Fn::Split": [String(size), { Ref: "SizesMiB" }] }] },
              ],
            },
          ],
        },
      ]),
    ),
    Resources: Object.fromEntries(
      [512, 2_048].map((size) => [
        `Image${size}`,
        {
          Type: "AWS::Lambda::MicrovmImage",
          Condition: `Has${size}`,
          Properties: {
            Name: `runners-${size}`,
            BaseImageArn: "arn:aws:lambda:eu-west-1:aws:microvm-image:al2023-1",
            BaseImageVersion: "1",
            BuildRoleArn: "arn:aws:iam::123456789012:role/build",
            CodeArtifact: { Uri: `s3://bucket/${key}` },
            Resources: [{ MinimumMemoryInMiB: size }],
            Hooks: { Port: 9000, MicrovmHooks: { Run: "ENABLED", RunTimeoutInSeconds: 30 } },
            EnvironmentVariables: [],
            Tags: [{ Key: "glr:stack", Value: "runners" }],
          },
        },
      ]),
    ),
    Outputs: {
      Image: { Value: { "Fn::Sub": "${Image2048.ImageArn} ${Image2048.LatestActiveImageVersion}" } },
    },
  });

describeWith(existsSync(PYTHON), "no .local/venv with MiniStack")("images of MicroVMs in the engine", () => {
  let engine: GuardedEngine;
  let client: LambdaMicrovmsClient;
  beforeAll(async () => {
    engine = await startGuardedEngine();
    client = engine.calls.microvms;
  });
  afterAll(() => engine?.close());

  const waiting = () =>
    [
      { client: engine.calls.cloudformation, maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.1 },
      { StackName: STACK },
    ] as const;
  const output = async (): Promise<readonly string[]> => {
    const { Stacks } = await engine.calls.cloudformation.send(
      new DescribeStacksCommand({ StackName: STACK }),
    );
    return Stacks?.[0]?.Outputs?.[0]?.OutputValue?.split(" ") ?? [];
  };
  let imageIdentifier = "";

  it("are made by CloudFormation, those alone whose condition holds, with Lambda's form of ARN", async () => {
    await engine.calls.cloudformation.send(
      new CreateStackCommand({ StackName: STACK, TemplateBody: template("one.zip") }),
    );
    await waitUntilStackCreateComplete(...waiting());
    const [arn = "", version] = await output();
    imageIdentifier = arn;
    expect([arn, version]).toEqual([
      "arn:aws:lambda:eu-west-1:123456789012:microvm-image:runners-2048",
      "1.0",
    ]);
    await expect(client.send(new GetMicrovmImageCommand({ imageIdentifier }))).resolves.toMatchObject({
      state: "CREATED",
      latestActiveImageVersion: "1.0",
      createdAt: expect.any(Date),
      tags: { "glr:stack": "runners" },
    });
    const other = arn.replace("2048", "512");
    await expect(client.send(new GetMicrovmImageCommand({ imageIdentifier: other }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("have a new version when their code changes, and when they are rebuilt", async () => {
    await engine.calls.cloudformation.send(
      new UpdateStackCommand({ StackName: STACK, TemplateBody: template("two.zip") }),
    );
    await waitUntilStackUpdateComplete(...waiting());
    expect((await output())[1]).toBe("2.0");
    const images = lambdaImages(client);
    await images.rebuild(imageIdentifier, "2.0");
    await expect(images.state(imageIdentifier)).resolves.toMatchObject({
      isBuilding: false,
      hasFailed: false,
      newest: { version: "3.0", builtAt: expect.any(Number) },
    });
    const {
      $metadata: _,
      createdAt: __,
      ...rebuilt
    } = await client.send(new GetMicrovmImageVersionCommand({ imageIdentifier, imageVersion: "3.0" }));
    expect(rebuilt).toMatchObject({
      codeArtifact: { uri: "s3://bucket/two.zip" },
      baseImageVersion: "1.0",
      resources: [{ minimumMemoryInMiB: 2_048 }],
      hooks: { port: 9_000, microvmHooks: { run: "ENABLED", runTimeoutInSeconds: 30 } },
      status: "ACTIVE",
      state: "SUCCESSFUL",
    });
  });

  it("lose their old versions on request alone", async () => {
    await lambdaImages(client).deleteOld(imageIdentifier, 2);
    const { items = [] } = await client.send(new ListMicrovmImageVersionsCommand({ imageIdentifier }));
    expect(items.map(({ imageVersion }) => imageVersion)).toEqual(["2.0", "3.0"]);
    const gone = new DeleteMicrovmImageVersionCommand({ imageIdentifier, imageVersion: "1.0" });
    await expect(client.send(gone)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("are gone with their stack", async () => {
    await engine.calls.cloudformation.send(new DeleteStackCommand({ StackName: STACK }));
    await waitUntilStackDeleteComplete(...waiting());
    await expect(client.send(new GetMicrovmImageCommand({ imageIdentifier }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});
