import { launchablesOf } from "./launchables";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:function:runner";

describe("what a mapping lets start", () => {
  it("is its functions and markets, each once, and what it says of the default class", () => {
    const rows = [
      { pk: "job#a", arn: ARN },
      { pk: "job#b", arn: ARN },
      { pk: "class#big", market: "spot" },
      { pk: "class#small", market: "spot" },
      { pk: "class#default", EC2: { market: "on-demand" } },
    ];
    expect(launchablesOf(rows)).toEqual({
      functionArns: [ARN],
      markets: ["spot"],
      defaultMarket: "on-demand",
    });
  });

  it("leaves out what no job can start by", () => {
    const rows = [
      { pk: "job#a", arn: 3 },
      { pk: "class#b", market: "free" },
      { pk: "class#default", EC2: "spot" },
    ];
    expect(launchablesOf(rows)).toEqual({ functionArns: [], markets: [] });
  });
});
