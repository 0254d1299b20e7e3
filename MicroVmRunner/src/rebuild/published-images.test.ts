import { GetParametersByPathCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { publishedImages } from "./published-images";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:microvm-image:gitlab-runners-1";
const IMAGE = { imageArn: ARN, imageVersion: "3.0" };
const NAME = "/gitlabrunner/microvm/2048";

describe("the published images", () => {
  const store = mockClient(SSMClient);
  const published = publishedImages(new SSMClient({}), "/gitlabrunner");
  beforeEach(() => store.reset());

  it("are those of all pages that can be read", async () => {
    const page = (Name: string, Value: string) => ({ Parameters: [{ Name, Value }] });
    store
      .on(GetParametersByPathCommand)
      .resolvesOnce({ ...page(NAME, JSON.stringify(IMAGE)), NextToken: "more" })
      .resolves(page("/gitlabrunner/microvm/other", "not one of ours"));
    expect(await published.read()).toEqual([{ name: NAME, image: IMAGE }]);
    expect(store.commandCalls(GetParametersByPathCommand).map(({ args }) => args[0].input)).toMatchObject([
      { Path: "/gitlabrunner/microvm" },
      { Path: "/gitlabrunner/microvm", NextToken: "more" },
    ]);
  });

  it("replace what their parameter had", async () => {
    store.on(PutParameterCommand).resolves({});
    await published.write({ name: NAME, image: { ...IMAGE, imageVersion: "4.0" } });
    expect(store.commandCalls(PutParameterCommand).map(({ args }) => args[0].input)).toEqual([
      { Name: NAME, Value: JSON.stringify({ ...IMAGE, imageVersion: "4.0" }), Overwrite: true },
    ]);
  });

  it("are not written without anybody knowing when that fails", async () => {
    store.on(PutParameterCommand).rejects(new Error("throttled"));
    await expect(published.write({ name: NAME, image: IMAGE })).rejects.toThrow("throttled");
  });
});
