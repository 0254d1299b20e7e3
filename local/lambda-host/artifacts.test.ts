import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { codeFolders } from "./artifacts";
import type { FunctionCode } from "./call";

const IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/laptop/lambda-shell-runner:latest";

let folder: string;
let reads: string[];
let archives: Record<string, Record<string, string>>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "artifacts-"));
  reads = [];
  archives = { first: { "look-up-runner.mjs": "export const one = 1;", "chunks/shared.mjs": "shared" } };
});
afterEach(() => rmSync(folder, { recursive: true }));

const zip = (location: string, sha256 = location): FunctionCode => ({
  kind: "zip",
  sha256: Buffer.from(sha256).toString("base64"),
  location,
});

const open = () =>
  codeFolders({
    folder: join(folder, "code"),
    readCode: async (location) => {
      reads.push(location);
      const files = archives[location];
      if (files === undefined) throw new Error("404");
      return Buffer.from(
        zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]))),
      );
    },
    image: { uri: IMAGE, folder: "/the/bundle" },
  });

describe("a deployed function's code", () => {
  it("is the deployed archive's content, unpacked once for all that have the same hash", async () => {
    const folderOf = open();
    const [one, other] = await Promise.all([folderOf(zip("first")), folderOf(zip("first"))]);
    expect(one).toBe(other);
    expect(readFileSync(join(one, "look-up-runner.mjs"), "utf8")).toBe("export const one = 1;");
    expect(readFileSync(join(one, "chunks/shared.mjs"), "utf8")).toBe("shared");
    expect(reads).toEqual(["first"]);
  });

  it("is another after a deployment that changes it, and the old one stays for calls under way", async () => {
    const folderOf = open();
    const before = await folderOf(zip("first"));
    archives.first = { "look-up-runner.mjs": "export const two = 2;" };
    const after = await folderOf(zip("first", "second hash"));
    expect(readFileSync(join(after, "look-up-runner.mjs"), "utf8")).toBe("export const two = 2;");
    expect(readFileSync(join(before, "look-up-runner.mjs"), "utf8")).toBe("export const one = 1;");
  });

  it("is asked for again when it could not be read", async () => {
    const folderOf = open();
    await expect(folderOf(zip("later"))).rejects.toThrow("404");
    archives.later = { "a.js": "a" };
    expect(existsSync(join(await folderOf(zip("later")), "a.js"))).toBe(true);
  });

  it("leaves its folder never", async () => {
    archives.bad = { "../../outside.js": "x" };
    await expect(open()(zip("bad"))).rejects.toThrow("../../outside.js");
    expect(existsSync(join(folder, "outside.js"))).toBe(false);
  });

  it.each([IMAGE, IMAGE.replace(":latest", ":2"), IMAGE.replace(":latest", `@sha256:${"a".repeat(64)}`)])(
    "is the laptop's bundle for its own image, whatever its version: %s",
    async (uri) => {
      expect(await open()({ kind: "image", uri })).toBe("/the/bundle");
    },
  );

  it.each(["nginx", `${IMAGE.replace("/laptop/", "/other/")}`, IMAGE.replace("eu-west-1", "us-east-1")])(
    "is not there for another image: %s",
    async (uri) => {
      await expect(open()({ kind: "image", uri })).rejects.toMatchObject({ name: "ImageDeleted" });
    },
  );
});
