import {
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { IMAGE_URI } from "../../engine/ministack";
import { type GatewayUnderTest, startGatewayUnderTest } from "../../gateway/testing/gateway-under-test";
import { withImages } from "./missing-images";

const IMAGES: Readonly<Record<string, string>> = {
  runner: IMAGE_URI.replace(":latest", ":2"),
  other: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/other:latest",
};

let given: GatewayUnderTest;
let client: LambdaClient;
let said: string[];
beforeEach(async () => {
  said = [];
  given = await startGatewayUnderTest();
  const upstream = withImages(
    {
      log: (message) => said.push(message),
      imageOf: async (name) => IMAGES[name],
      readPath: async (_, path) => {
        const FunctionName = path.split("/")[3];
        const configuration = { FunctionName, State: "Active" };
        const found = path.endsWith("/configuration") ? configuration : { Configuration: configuration };
        return Buffer.from(JSON.stringify(found));
      },
    },
    async (_call, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"State":"Active"}');
    },
  );
  for (const operation of ["Invoke", "GetFunction", "GetFunctionConfiguration"])
    given.handlers[`lambda ${operation}`] = upstream;
  client = new LambdaClient({
    endpoint: given.endpoint,
    region: "eu-west-1",
    credentials: given.operator,
    maxAttempts: 1,
  });
});
afterEach(async () => {
  client.destroy();
  await given.close();
});

const invoked = (FunctionName: string) =>
  client.send(new InvokeCommand({ FunctionName, InvocationType: "Event" })).then(
    () => "started",
    (error: Error) => error.name,
  );

const OTHER_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:other";

describe("a function with an image", () => {
  it.each(["other", OTHER_ARN, `${OTHER_ARN}:$LATEST`])(
    "that is not the laptop's cannot be called, as on Lambda: %s",
    async (name) => {
      expect(await invoked(name)).toBe("CodeArtifactUserDeletedException");
      await invoked(name);
      expect(said).toEqual([expect.stringContaining(`the image of other: the laptop has ${IMAGE_URI}`)]);
    },
  );

  it.each(["runner", "zip"])("runs where the image is the laptop's, or there is none: %s", async (name) => {
    expect(await invoked(name)).toBe("started");
    const { State } = await client.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    expect(State).toBe("Active");
  });

  it("that is not the laptop's is inactive, and says why", async () => {
    const inactive = { FunctionName: "other", State: "Inactive", StateReasonCode: "ImageDeleted" };
    const asked = { FunctionName: OTHER_ARN };
    expect(await client.send(new GetFunctionConfigurationCommand(asked))).toMatchObject(inactive);
    expect((await client.send(new GetFunctionCommand(asked))).Configuration).toMatchObject(inactive);
  });
});
