import { vcpusOf } from "./vcpus";

describe("vcpusOf", () => {
  it.each([
    ["t4g.small", 2],
    ["t3.medium", 2],
    ["c7g.medium", 1],
    ["m7i.large", 2],
    ["c7g.xlarge", 4],
    ["m7g.2xlarge", 8],
    ["m7i.24xlarge", 96],
    ["m7i.metal", 0],
    ["u7i.metal-24xlarge", 0],
    ["m7i.24xlarge-flex", 0],
    ["t4g.metal", 0],
    ["", 0],
  ])("of %s is %d", (type, vcpus) => {
    expect(vcpusOf(type)).toBe(vcpus);
  });
});
