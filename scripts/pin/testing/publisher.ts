import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A publisher with an OpenPGP key of its own, which signs with gpg. */
export class Publisher {
  readonly fingerprint: string;
  /** The public key's file. */
  readonly key: string;

  /**
   * @param folder where its keys lie
   * @param expiry of its key, as gpg takes it, e.g. `1d`
   * @param options of each call of gpg
   */
  constructor(
    private readonly folder: string,
    private readonly name: string,
    expiry = "1d",
    private readonly options: readonly string[] = [],
  ) {
    mkdirSync(this.home, { mode: 0o700 });
    const user = `${name} <${name}@example.com>`;
    this.gpg(["--passphrase", "", "--quick-generate-key", user, "ed25519", "sign", expiry]);
    const listing = this.gpg(["--with-colons", "--list-keys"]).toString();
    this.fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listing)?.[1] ?? "";
    this.key = join(folder, `${name}.asc`);
    writeFileSync(this.key, this.gpg(["--armor", "--export"]));
  }

  get keyText(): Buffer {
    return readFileSync(this.key);
  }

  detached(text: string): Buffer {
    return this.gpg(["--armor", "--detach-sign"], text);
  }

  clear(text: string): Buffer {
    return this.gpg(["--clear-sign"], text);
  }

  /** Ends gpg's agent. */
  stop(): void {
    spawnSync("gpgconf", ["--homedir", this.home, "--kill", "all"]);
  }

  private get home(): string {
    return join(this.folder, this.name);
  }

  private gpg(args: readonly string[], input = ""): Buffer {
    return execFileSync("gpg", ["--homedir", this.home, "--batch", "--quiet", ...this.options, ...args], {
      input,
      stdio: ["pipe", "pipe", "ignore"],
    });
  }
}
