import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeEnvironmentFile } from "./environment-file";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "env-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("gives a shell the variables as they are, whatever is in them", () => {
  const odd = `a'b"c $HOME \`id\` \\n`;
  const path = writeEnvironmentFile(folder, { AWS_REGION: "eu-west-1", ODD: odd });
  const printed = execFileSync("sh", ["-c", `. ${path} && printf '%s|%s' "$AWS_REGION" "$ODD"`], { env: {} });
  expect(printed.toString()).toBe(`eu-west-1|${odd}`);
});

it("is for this user alone, since it holds credentials", () => {
  expect(statSync(writeEnvironmentFile(folder, { A: "b" })).mode & 0o777).toBe(0o600);
});
