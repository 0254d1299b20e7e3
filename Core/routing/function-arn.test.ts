import { functionArnProblem, parseFunctionArn } from "./function-arn";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:function:runner";

describe("function ARNs", () => {
  it.each([
    [ARN, "runner"],
    [`${ARN}:live`, "runner"],
    [`${ARN}:$LATEST`, "runner"],
    ["arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:r_1-x", "r_1-x"],
    ["arn:aws-cn:lambda:cn-north-1:111122223333:function:r", "r"],
  ])("reads %s", (arn, name) => {
    expect(parseFunctionArn(arn)).toMatchObject({ account: "111122223333", name });
  });

  it.each([
    "runner",
    "",
    "arn:aws:lambda:eu-west-1:111122223333:function:",
    "arn:aws:lambda:eu-west-1:1111:function:r",
    "arn:aws:lambda::111122223333:function:r",
    "arn:aws:ec2:eu-west-1:111122223333:instance/i-1",
    `${ARN}\n`,
    ` ${ARN}`,
    `${ARN},${ARN}`,
    [ARN],
    { arn: ARN },
    null,
  ])("F-75: takes %j for no function", (value) => {
    expect(parseFunctionArn(value)).toBeUndefined();
    expect(functionArnProblem(value)).toBeDefined();
  });

  it("F-75: wants the function where the deployment is", () => {
    const home = { region: "eu-west-1", account: "111122223333" };
    expect(functionArnProblem(ARN, home)).toBeUndefined();
    expect(functionArnProblem(ARN, { ...home, region: "us-east-1" })).toContain("us-east-1");
    expect(functionArnProblem(ARN, { ...home, account: "999999999999" })).toContain("999999999999");
  });
});
