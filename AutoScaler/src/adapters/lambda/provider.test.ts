import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListTagsCommand,
} from "@aws-sdk/client-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { providerContract } from "../../testing/contracts/launch-contract";
import { sampleOrder, sampleRunner } from "../../testing/contracts/samples";
import { runnerFunctionsContract } from "../../testing/contracts/settings-contract";
import { fakeClock, fakeFunctions } from "../../testing/fakes";
import { lambdaClient } from "./client";
import { lambdaFunctions } from "./functions";
import { lambdaProvider } from "./provider";

const ARN = "arn:aws:lambda:eu-west-1:123456789012:function:stack-RunnerFunction-1X";
const runner = { order: sampleOrder({ functionArn: ARN }), provider: "LAMBDA" as const };

const unplanned = () => {
  const mock = mockClient(LambdaClient);
  mock.onAnyCommand().rejects(new Error("Unplanned call"));
  return mock;
};

beforeEach(() => {
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe("lambdaProvider", () => {
  const prepare = ({ isIsolated = true } = {}) => {
    const mock = unplanned();
    mock.on(InvokeCommand).resolves({ StatusCode: 202, $metadata: { requestId: "request-1" } });
    const functions = fakeFunctions();
    functions.isolated.set(ARN, isIsolated);
    const inputs = () => mock.commandCalls(InvokeCommand).map(({ args }) => args[0].input);
    const sent = () =>
      inputs().map(({ Payload, ...rest }) =>
        JSON.stringify([rest, new TextDecoder().decode(Payload as Uint8Array)]),
      );
    return { mock, inputs, sent, runner, provider: lambdaProvider(lambdaClient(), functions) };
  };
  providerContract(prepare);

  it("I-30: invokes asynchronously, with the row's key and the runner's id and no more", async () => {
    const { provider, inputs } = prepare();
    const stored = sampleRunner({ runnerId: 9001, launchedFor: { jobId: 12, attempt: 2 }, ...runner });
    expect(await provider.launch(stored)).toEqual({ kind: "launched", resourceId: "request-1" });
    const { Payload, ...rest } = inputs()[0] ?? {};
    expect(rest).toEqual({ FunctionName: ARN, InvocationType: "Event", TenantId: "job-12-2" });
    expect(JSON.parse(new TextDecoder().decode(Payload as Uint8Array))).toEqual({
      bootstrapKey: stored.nonce,
      runnerId: 9001,
    });
  });

  it("I-29: names a tenant for functions alone that isolate tenants", async () => {
    const { provider, inputs } = prepare({ isIsolated: false });
    await provider.launch(sampleRunner({ runnerId: 9001, ...runner }));
    expect(inputs()[0]).not.toHaveProperty("TenantId");
  });

  it.each([
    ["TooManyRequestsException", "rate"],
    ["ResourceConflictException", "not-ready"],
    ["CodeArtifactUserPendingException", "not-ready"],
    ["KMSNotFoundException", "configuration"],
    ["ResourceNotFoundException", "configuration"],
    ["AccessDeniedException", "configuration"],
    ["InvalidParameterValueException", "configuration"],
  ])("F-40 F-42: takes %s for the proof that nothing runs: %s", async (name, refusal) => {
    const { provider, mock } = prepare();
    mock.on(InvokeCommand).rejects(Object.assign(new Error(), { name, $metadata: { attempts: 1 } }));
    expect(await provider.launch(sampleRunner({ runnerId: 9001, ...runner }))).toMatchObject({
      kind: "refused",
      refusal,
      message: expect.stringContaining(name),
    });
  });

  const refuseWith = (mock: ReturnType<typeof unplanned>, name: string): void => {
    mock.on(InvokeCommand).rejects(Object.assign(new Error(), { name, $metadata: { attempts: 1 } }));
  };

  it.each([
    ["Pending", "Creating", { refusal: "not-ready" }],
    ["Inactive", "Idle", { refusal: "not-ready" }],
    ["Inactive", "ImageDeleted", { refusal: "configuration", reason: "function-image-missing" }],
    ["Failed", "ImageAccessDenied", { refusal: "configuration", reason: "function-image-missing" }],
    ["Failed", "InvalidImage", { refusal: "configuration", reason: "function-image-unusable" }],
    ["Failed", "EniLimitExceeded", { refusal: "limit" }],
  ])(
    "F-40 F-42: asks for the state of a function that Lambda did not start: %s, %s",
    async (State, code, found) => {
      const { provider, mock } = prepare();
      refuseWith(mock, "ResourceConflictException");
      mock
        .on(GetFunctionConfigurationCommand, { FunctionName: ARN })
        .resolves({ State: State as "Failed", StateReasonCode: code as "Idle" });
      expect(await provider.launch(sampleRunner({ runnerId: 9001, ...runner }))).toEqual({
        kind: "refused",
        ...found,
        message: expect.stringContaining(`ResourceConflictException (it is ${State}, ${code})`),
      });
    },
  );

  it("F-42: an image that Lambda could not prepare stays unusable while its function is called Active", async () => {
    const { provider, mock } = prepare();
    refuseWith(mock, "CodeArtifactUserFailedException");
    mock.on(GetFunctionConfigurationCommand).resolves({ State: "Active" });
    expect(await provider.launch(sampleRunner({ runnerId: 9001, ...runner }))).toMatchObject({
      refusal: "configuration",
      reason: "function-image-unusable",
    });
  });

  it.each([
    ["TimeoutError", 1],
    ["ServiceException", 1],
    ["TooManyRequestsException", 2],
    ["AccessDeniedException", 3],
  ])("I-19: takes %s after %d tries for not knowing", async (name, attempts) => {
    const { provider, mock } = prepare();
    mock.on(InvokeCommand).rejects(Object.assign(new Error(), { name, $metadata: { attempts } }));
    await expect(provider.launch(sampleRunner({ runnerId: 9001, ...runner }))).rejects.toMatchObject({
      name: "TransientError",
    });
  });

  it("T-17: refuses, and invokes nothing, when the mapping names no runner function of ours", async () => {
    const { provider, inputs } = prepare();
    const other = { ...runner, order: sampleOrder({ functionArn: `${ARN}-other` }) };
    const { functionArn: _, ...none } = runner.order;
    for (const order of [other.order, none])
      expect(await provider.launch(sampleRunner({ runnerId: 9001, ...runner, order }))).toMatchObject({
        kind: "refused",
        refusal: "configuration",
      });
    expect(inputs()).toEqual([]);
  });

  it("names the row that names a function which is not there", async () => {
    const mock = unplanned();
    const missing = Object.assign(new Error(), { name: "ResourceNotFoundException" });
    mock.on(ListTagsCommand).rejects(missing);
    const order = sampleOrder({ functionArn: ARN, functionNamedBy: "the mapping's row job#build / tags#rt" });
    const provider = lambdaProvider(lambdaClient(), lambdaFunctions(lambdaClient(), "ours", fakeClock()));
    expect(await provider.launch(sampleRunner({ runnerId: 9001, ...runner, order }))).toEqual({
      kind: "refused",
      refusal: "configuration",
      reason: "function-missing",
      message: `There is no function ${ARN}: deploy it, or name another one. It is named by the mapping's row job#build / tags#rt`,
    });
  });

  it("finds nothing of a lost launch: a Lambda runner cannot be asked for", async () => {
    expect(await prepare().provider.find(sampleRunner({ runnerId: 9001, ...runner }))).toBeUndefined();
  });
});

describe("lambdaFunctions", () => {
  const prepare = () => {
    const mock = unplanned();
    const clock = fakeClock();
    const add = (arn: string, isIsolated: boolean): void => {
      const Tags = {
        "glr:role": "runner",
        "glr:stack": "ours",
        "glr:tenant-isolation": isIsolated ? "on" : "off",
      };
      mock.on(ListTagsCommand, { Resource: arn }).resolves({ Tags });
    };
    mock.on(ListTagsCommand).resolves({});
    return { mock, clock, add, functions: lambdaFunctions(lambdaClient(), "ours", clock) };
  };
  runnerFunctionsContract(prepare);

  it.each([
    ["no tags", {}],
    ["another deployment's", { "glr:role": "runner", "glr:stack": "theirs" }],
    ["no runner's role", { "glr:role": "control", "glr:stack": "ours" }],
    ["the role alone", { "glr:role": "runner" }],
  ])("T-17 T-26: refuses a function with %s", async (_, Tags) => {
    const { functions, mock } = prepare();
    mock.on(ListTagsCommand).resolves({ Tags });
    await expect(functions.isTenantIsolated(ARN)).rejects.toMatchObject({ name: "ConfigurationError" });
  });

  it("asks once in five minutes, and for an alias the function that it belongs to", async () => {
    const { functions, mock, clock, add } = prepare();
    add(ARN, true);
    for (const _ of [1, 2, 3]) expect(await functions.isTenantIsolated(`${ARN}:live`)).toBe(true);
    expect(mock.commandCalls(ListTagsCommand)).toHaveLength(1);
    clock.advance(300_000);
    await functions.isTenantIsolated(`${ARN}:live`);
    expect(mock.commandCalls(ListTagsCommand)).toHaveLength(2);
  });

  it.each(["", "my-function", "arn:aws:s3:::bucket", `${ARN}/../x`, `${ARN}:a:b`])(
    "F-75: asks nobody about %p, which is no function's ARN",
    async (arn) => {
      const { functions, mock } = prepare();
      await expect(functions.isTenantIsolated(arn)).rejects.toMatchObject({ name: "ConfigurationError" });
      expect(mock.calls()).toEqual([]);
    },
  );
});
