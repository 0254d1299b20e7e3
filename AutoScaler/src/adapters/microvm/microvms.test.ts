import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SAMPLE_IMAGE } from "../../testing/contracts/samples";
import type { MicroVmApi } from "./client";
import { lambdaMicroVms } from "./microvms";
import { microVmSdk } from "./sdk";

const IMAGES = [
  { ...SAMPLE_IMAGE, imageArn: "arn:b" },
  { ...SAMPLE_IMAGE, imageArn: "arn:a" },
];
const failure = (name: string): Error => Object.assign(new Error(name), { name });

type Listed = Readonly<Record<string, readonly object[]>>;

/** Two VMs a page, whatever is asked. */
const prepare = (listed: Listed = {}, more: Partial<MicroVmApi> = {}) => {
  const asked: object[] = [];
  const listMicrovms: MicroVmApi["listMicrovms"] = async (input) => {
    asked.push(input);
    const all = listed[input.imageIdentifier ?? ""] ?? [];
    const from = Number(input.nextToken ?? 0);
    const nextToken = from + 2 < all.length ? String(from + 2) : undefined;
    return { $metadata: {}, items: all.slice(from, from + 2) as never, nextToken };
  };
  const client = { listMicrovms, ...more } as MicroVmApi;
  return { asked, vms: lambdaMicroVms(client, async () => IMAGES) };
};

const vm = (microvmId: string, state: string) => ({ microvmId, state, startedAt: new Date(1_000) });

const listAll = async (vms: ReturnType<typeof prepare>["vms"]): Promise<readonly string[]> => {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await vms.list(cursor);
    found.push(...items.map(({ instanceId, state }) => `${instanceId} ${state}`));
    cursor = next;
  } while (cursor !== undefined);
  return found;
};

describe("the MicroVMs of a deployment", () => {
  it("are those of its images, page by page", async () => {
    const { vms, asked } = prepare({
      "arn:a": [vm("m-1", "PENDING"), vm("m-2", "RUNNING"), vm("m-3", "SUSPENDING")],
      "arn:b": [vm("m-4", "SUSPENDED"), vm("m-5", "TERMINATING"), vm("m-6", "TERMINATED"), vm("m-7", "NEW")],
    });
    expect(await listAll(vms)).toEqual([
      "m-1 pending",
      "m-2 running",
      "m-3 running",
      "m-4 running",
      "m-5 shutting-down",
      "m-6 terminated",
    ]);
    expect(asked[0]).toEqual({ imageIdentifier: "arn:a", maxResults: 50 });
    expect(asked).toHaveLength(4);
  });

  it("are none where MicroVmRunner is not deployed, and nobody is asked", async () => {
    const client = { listMicrovms: async () => Promise.reject(new Error("asked")) } as unknown as MicroVmApi;
    expect(await lambdaMicroVms(client, async () => []).list()).toEqual({ items: [] });
  });

  it("F-45: Lambda may not know a new one yet, and an end of one that is gone is no failure", async () => {
    const notFound = async () => Promise.reject(failure("ResourceNotFoundException"));
    const { vms } = prepare({}, { getMicrovm: notFound, terminateMicrovm: notFound });
    expect(await vms.describe("m-1")).toBeUndefined();
    expect(await vms.terminate("m-1")).toBeUndefined();
  });

  it("says why one ended", async () => {
    const shown = { ...vm("m-1", "TERMINATED"), stateReason: "Run lifecycle hook returned HTTP status 500" };
    const { vms } = prepare({}, { getMicrovm: async () => shown as never });
    expect(await vms.describe("m-1")).toEqual({
      instanceId: "m-1",
      state: "terminated",
      launchedAt: 1_000,
      stateReason: "Run lifecycle hook returned HTTP status 500",
    });
  });

  it.each([
    ["ThrottlingException", "TransientError"],
    ["AccessDeniedException", "ConfigurationError"],
  ])("F-34: %s is a %s", async (name, expected) => {
    const fails = async () => Promise.reject(failure(name));
    const { vms } = prepare({}, { suspendMicrovm: fails, terminateMicrovm: fails });
    await expect(vms.terminate("m-1")).rejects.toMatchObject({ name: expected });
    await expect(vms.suspend("m-1")).rejects.toMatchObject({ name: expected });
  });
});

describe("the MicroVM client", () => {
  it("F-33: speaks API version 2025-09-09, and asks once for a launch", async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(429, { "x-amzn-errortype": "ThrottlingException" }).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const sdk = microVmSdk(1, { region: "eu-west-1", endpoint, credentials });
    await expect(sdk.runMicrovm({ imageIdentifier: "arn:a" })).rejects.toMatchObject({
      name: "ThrottlingException",
    });
    server.close();
    expect(seen).toEqual(["POST /2025-09-09/microvms"]);
  });
});
