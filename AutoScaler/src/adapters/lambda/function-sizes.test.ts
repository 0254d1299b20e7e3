import { TransientError } from "../../../../Core/errors";
import { lambdaFunctionSizes } from "./function-sizes";

const named = (name: string): Error => Object.assign(new Error(name), { name });
const failing = (name: string) => ({ getFunctionConfiguration: () => Promise.reject(named(name)) });

describe("the size of a runner function", () => {
  it("is what Lambda's configuration of it says", async () => {
    const answer = { $metadata: {}, MemorySize: 1_769, EphemeralStorage: { Size: 4_096 } };
    const sizes = lambdaFunctionSizes({
      getFunctionConfiguration: async () => ({ ...answer, Architectures: ["arm64"] }),
    });
    expect(await sizes.size("f")).toEqual({ memoryMiB: 1_769, storageMiB: 4_096, architecture: "arm64" });
  });

  it.each([
    ["PER_TENANT", true],
    [undefined, undefined],
  ] as const)(
    "says whether each job has an environment of its own: %s",
    async (TenantIsolationMode, wanted) => {
      const sizes = lambdaFunctionSizes({
        getFunctionConfiguration: async () => ({ $metadata: {}, TenancyConfig: { TenantIsolationMode } }),
      });
      expect((await sizes.size("f"))?.isTenantIsolated).toBe(wanted);
    },
  );

  it("is a number also where it is told as text", async () => {
    const answer = { $metadata: {}, MemorySize: 1_769, EphemeralStorage: { Size: "4096" as never } };
    const sizes = lambdaFunctionSizes({ getFunctionConfiguration: async () => answer });
    expect(await sizes.size("f")).toMatchObject({ storageMiB: 4_096 });
  });

  it("is Lambda's least where it says nothing", async () => {
    const sizes = lambdaFunctionSizes({ getFunctionConfiguration: async () => ({ $metadata: {} }) });
    expect(await sizes.size("f")).toEqual({ memoryMiB: 128, storageMiB: 512, architecture: "x86_64" });
  });

  it.each(["ResourceNotFoundException", "AccessDeniedException"])(
    "is none where the function is gone or not ours: %s",
    async (name) => {
      expect(await lambdaFunctionSizes(failing(name)).size("f")).toBeUndefined();
    },
  );

  it("is asked for again where Lambda does not answer", async () => {
    await expect(lambdaFunctionSizes(failing("TimeoutError")).size("f")).rejects.toThrow(TransientError);
  });
});
