import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Publishers } from "../downloads";
import type { Publisher } from "./publisher";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Publishers' files on loopback. What is not put there is answered 404. */
export class Mirror {
  private readonly files = new Map<string, { body: string | Buffer; headers: Record<string, string> }>();
  private readonly server = createServer((request, response) => {
    const found = this.files.get(request.url ?? "");
    if (found === undefined) this.notFound.push(request.url ?? "");
    response.writeHead(found ? 200 : 404, found?.headers);
    response.end(found?.body);
  });
  /** What was asked for and is not there. */
  readonly notFound: string[] = [];

  async open(): Promise<void> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
  }

  async close(): Promise<void> {
    await new Promise((done) => this.server.close(done));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Where `downloads.ts` finds the files of this mirror. */
  publishers(awsCliKey: string): Publishers {
    return {
      awsCliKey,
      awsCli: `${this.origin}/aws`,
      gitLfs: `${this.origin}/lfs`,
      gitLfsKeys: `${this.origin}/key/`,
      gitlabRunner: `${this.origin}/runner`,
      gitlabRunnerKey: `${this.origin}/runner.asc`,
    };
  }

  put(path: string, body: string | Buffer, headers: Record<string, string> = {}): void {
    this.files.set(path, { body, headers });
  }

  /** An image, as a registry serves it. */
  putImage(repository: string, tag: string, manifest: string, digest = `sha256:${sha256(manifest)}`): void {
    this.put(`/token/?scope=repository:${repository}:pull`, '{"token":"t"}');
    this.put(`/v2/${repository}/manifests/${tag}`, manifest, { "docker-content-digest": digest });
  }

  putGitlabRunner(version: string, signer: Publisher): void {
    const lines = ["amd64", "arm64"].map((arch) => `${sha256(arch)} *binaries/gitlab-runner-linux-${arch}`);
    const list = lines.join("\n");
    this.put(`/runner/v${version}/release.sha256`, list);
    this.put(`/runner/v${version}/release.sha256.asc`, signer.detached(list));
    this.put("/runner.asc", signer.keyText);
  }

  putGitLfs(version: string, signer: Publisher): void {
    const lines = ["amd64", "arm64"].map(
      (arch) => `${sha256(arch)}  git-lfs-linux-${arch}-v${version}.tar.gz\n`,
    );
    this.put(`/lfs/v${version}/sha256sums.asc`, signer.clear(lines.join("")));
    this.put(`/key/${signer.fingerprint}`, signer.keyText);
  }

  putAwsCli(version: string, signer: Publisher): void {
    for (const machine of ["x86_64", "aarch64"]) {
      const name = `/aws/awscli-exe-linux-${machine}-${version}.zip`;
      this.put(name, machine);
      this.put(`${name}.sig`, signer.detached(machine));
    }
  }
}
