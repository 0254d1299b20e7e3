import { instanceSize } from "./instance-sizes";

describe("the size of an instance type", () => {
  // https://docs.aws.amazon.com/ec2/latest/instancetypes/
  it.each([
    ["m7g.medium", 1, 4],
    ["m7g.large", 2, 8],
    ["m6a.4xlarge", 16, 64],
    ["c7i.xlarge", 4, 8],
    ["c6gn.16xlarge", 64, 128],
    ["r8g.2xlarge", 8, 64],
    ["m7i-flex.large", 2, 8],
    ["t3.micro", 2, 1],
    ["t4g.medium", 2, 4],
    ["t3a.2xlarge", 8, 32],
  ])("%s has %d vCPUs and %d GiB", (type, vcpus, memoryGiB) => {
    expect(instanceSize(type)).toEqual({ vcpus, memoryGiB });
  });

  it.each(["m99x.large", "m7g.metal", "m7i.metal-24xl", "m7g", "", "t3.4xlarge", "p5.48xlarge", "m7g.huge"])(
    "%p has none that is known",
    (type) => {
      expect(instanceSize(type)).toBeUndefined();
    },
  );
});
