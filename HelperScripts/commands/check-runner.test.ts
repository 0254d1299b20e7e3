import type { RunnerCheckAnswer } from "../../Core/runner-check";
import { RUNNER_CHECK_CODES, RUNNER_CHECK_REMEDIES } from "../functions/runner-check-codes";
import { DeploymentDouble, functionArn } from "../testing/deployment-double";
import { NamedError } from "../testing/named-error";

const ANSWER: RunnerCheckAnswer = {
  kind: "check",
  architecture: "arm64",
  node: "24.1.0",
  versions: { "gitlab-runner": "19.4.0", aws: "2.36.9", git: "2.40.1" },
  bootstrapTable: "answers",
};

interface Invoke {
  readonly FunctionName: string;
  readonly TenantId?: string;
  readonly Payload: Uint8Array;
  readonly InvocationType: string;
}

const payload = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const prepare = (answer: unknown = ANSWER, Tags: Readonly<Record<string, string>> = {}) => {
  const on = new DeploymentDouble();
  const invoked: Invoke[] = [];
  on.mapping.put({ pk: "job#x", sk: "tags#a", type: "LAMBDA", arn: functionArn("runner"), class: "small" });
  on.answers.set("GetFunctionCommand", () => ({ Configuration: { Architectures: ["arm64"] }, Tags }));
  on.answers.set("InvokeCommand", (input: Invoke) => {
    invoked.push(input);
    return { StatusCode: 200, Payload: payload(answer) };
  });
  const codes = async (...argv: string[]) => {
    const { out, exitCode } = await on.run(["check-runner", ...argv, "--json"]);
    const { functions } = JSON.parse(out) as { functions: { functionArn: string; code: string }[] };
    return {
      exitCode,
      codes: functions.map(({ code }) => code),
      arns: functions.map((one) => one.functionArn),
    };
  };
  return { on, invoked, codes };
};

describe("check-runner", () => {
  it("asks each mapped function once, waiting for its answer, and shows its versions, processor and time", async () => {
    const { on, invoked } = prepare();
    const { exitCode, out } = await on.run(["check-runner"]);
    expect(exitCode).toBe(0);
    expect(invoked.map(({ FunctionName }) => FunctionName)).toEqual([
      functionArn("default"),
      functionArn("runner"),
    ]);
    expect(invoked.map(({ InvocationType }) => InvocationType)).toEqual([
      "RequestResponse",
      "RequestResponse",
    ]);
    expect(JSON.parse(new TextDecoder().decode(invoked[0]?.Payload))).toEqual({ check: "runner" });
    for (const shown of ["19.4.0", "2.36.9", "2.40.1", "arm64", "24.1.0"]) expect(out).toContain(shown);
    expect(on.writes()).toEqual(["InvokeCommand", "InvokeCommand"]);
  });

  it.each([
    ["its class", "small"],
    ["its name", "runner"],
    ["its ARN", functionArn("runner")],
  ])("finds a function by %s", async (_, wanted) => {
    const { codes } = prepare();
    expect(await codes(wanted)).toEqual({ exitCode: 0, codes: ["ok"], arns: [functionArn("runner")] });
  });

  it("says what it looked for when there is no such function", async () => {
    const { exitCode, err } = await prepare().on.run(["check-runner", "nobody"]);
    expect(exitCode).toBe(1);
    expect(err).toContain("Neither a mapped function nor a class of one is called nobody");
  });

  it("I-29: asks an environment of its own where tenants are isolated", async () => {
    const isolated = prepare(ANSWER, { "glr:tenant-isolation": "on" });
    await isolated.codes("runner");
    expect(isolated.invoked[0]?.TenantId).toMatch(/^check-[0-9a-f]{32}$/);
    const shared = prepare(ANSWER, { "glr:tenant-isolation": "off" });
    await shared.codes("runner");
    expect(shared.invoked[0]).not.toHaveProperty("TenantId");
  });

  it.each<[string, unknown]>([
    ["wrong-architecture", { ...ANSWER, architecture: "x86_64" }],
    ["table-unreachable", { ...ANSWER, bootstrapTable: "AccessDeniedException" }],
    ["tool-missing", { ...ANSWER, versions: { "gitlab-runner": "19.4.0", git: "2.40.1" } }],
    ["image-too-old", { kind: "no-row" }],
    ["image-too-old", null],
  ])("%s: %j", async (code, answer) => {
    const { on, codes } = prepare(answer);
    expect(await codes("runner")).toMatchObject({ exitCode: 1, codes: [code] });
    expect((await on.run(["check-runner", "runner"])).out).toContain("→ ");
  });

  it("asks of an emulator's function no more than gitlab-runner: it runs no image", async () => {
    const { on, codes } = prepare({
      ...ANSWER,
      architecture: "x86_64",
      versions: { "gitlab-runner": "19.4.0" },
    });
    on.env.AWS_ENDPOINT_URL = "http://localhost:4566";
    expect(await codes("runner")).toMatchObject({ exitCode: 0, codes: ["ok"] });
  });

  it.each([
    ["image-too-old", "InvalidInputError", "bootstrapKey must be a string"],
    ["wrong-architecture", "Runtime.InvalidEntrypoint", "RequestId: 1 Error: fork/exec: exec format error"],
    ["function-error", "Runtime.ExitError", "Runtime exited with error: exit status 1"],
  ])("%s: the function fails with %s", async (code, errorType, errorMessage) => {
    const { on, codes } = prepare();
    on.answers.set("InvokeCommand", () => ({
      FunctionError: "Unhandled",
      Payload: payload({ errorType, errorMessage }),
    }));
    expect(await codes("runner")).toMatchObject({ exitCode: 1, codes: [code] });
  });

  it.each([
    ["function-missing", "ResourceNotFoundException"],
    ["not-allowed", "AccessDeniedException"],
    ["image-unusable", "CodeArtifactUserFailedException"],
    ["key-refused", "KMSDisabledException"],
    ["throttled", "TooManyRequestsException"],
  ])("%s: Lambda refuses with %s", async (code, name) => {
    const { on, codes } = prepare();
    on.answers.set("InvokeCommand", () => {
      throw new NamedError(name);
    });
    expect(await codes("runner")).toMatchObject({ exitCode: 1, codes: [code] });
  });

  it("F-40: waits for a function that Lambda makes ready, two minutes at most", async () => {
    const { on, codes } = prepare();
    let refusals = 0;
    on.answers.set("InvokeCommand", () => {
      refusals += 1;
      if (refusals < 5) throw new NamedError("CodeArtifactUserPendingException");
      return { Payload: payload(ANSWER) };
    });
    const from = on.now;
    expect(await codes("runner")).toMatchObject({ exitCode: 0, codes: ["ok"] });
    expect(on.now - from).toBe(20_000);
    on.answers.set("InvokeCommand", () => {
      throw new NamedError("ResourceConflictException");
    });
    const again = on.now;
    expect(await codes("runner")).toMatchObject({ exitCode: 1, codes: ["not-ready"] });
    expect(on.now - again).toBe(120_000);
  });

  it("has a remedy for each code but ok, and no two the same", () => {
    const failing = RUNNER_CHECK_CODES.filter((code) => code !== "ok");
    expect(Object.keys(RUNNER_CHECK_REMEDIES).sort()).toEqual([...failing].sort());
    expect(new Set(Object.values(RUNNER_CHECK_REMEDIES)).size).toBe(failing.length);
  });
});
