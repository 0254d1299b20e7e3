import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { SAMPLE_IMAGE } from "../../testing/contracts/samples";
import { fakeClock } from "../../testing/fakes";
import { publishedImages } from "./microvm-images";

const prepare = (values: Readonly<Record<string, string>>) => {
  const mock = mockClient(SSMClient);
  const Parameters = Object.entries(values).map(([name, Value]) => ({
    Name: `/gitlabrunner/microvm/${name}`,
    Value,
  }));
  mock.on(GetParametersCommand).resolves({ Parameters });
  const clock = fakeClock();
  const images = publishedImages(new SSMClient({}), "/gitlabrunner/", { clock, random: () => 0 });
  const calls = () => mock.commandCalls(GetParametersCommand);
  return { mock, clock, images, calls };
};

describe("the images that MicroVmRunner publishes", () => {
  it("are read by their sizes in one call, which is kept for a minute", async () => {
    const { images, calls, clock } = prepare({ 2048: JSON.stringify(SAMPLE_IMAGE), 4096: "no JSON" });
    expect(await Promise.all([images.image(2048), images.image(4096), images.image(512)])).toEqual([
      SAMPLE_IMAGE,
      undefined,
      undefined,
    ]);
    expect(await images.all()).toEqual([SAMPLE_IMAGE]);
    expect(calls().map(({ args }) => args[0].input.Names)).toEqual([
      [512, 1024, 2048, 4096, 8192].map((size) => `/gitlabrunner/microvm/${size}`),
    ]);
    await clock.sleep(60_000);
    await images.all();
    expect(calls()).toHaveLength(2);
  });

  it("are asked for again after a failure", async () => {
    const { mock, images } = prepare({});
    const Parameters = [{ Name: "/gitlabrunner/microvm/2048", Value: JSON.stringify(SAMPLE_IMAGE) }];
    const error = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    mock.on(GetParametersCommand).rejectsOnce(error).resolves({ Parameters });
    await expect(images.image(2048)).rejects.toMatchObject({ name: "ConfigurationError" });
    expect(await images.image(2048)).toEqual(SAMPLE_IMAGE);
  });
});
