import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { dockerfile } from "./instructions";

const SCRIPTS = resolve(__dirname, "../../LambdaShellRunner");

/** A publisher with a temporary key, the files that it serves, and a shell that runs the image's download steps. */
export class DownloadFixture {
  readonly folder = mkdtempSync(join(tmpdir(), "fixture-"));
  private readonly home = this.make("gpg");
  readonly fingerprint: string;

  constructor() {
    chmodSync(this.home, 0o700);
    this.gpg(["--passphrase", "", "--quick-generate-key", "p <p@example.com>", "ed25519", "sign", "1d"]);
    const listing = this.gpg(["--with-colons", "--list-keys"]).toString();
    this.fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listing)?.[1] ?? "";
    this.put("bin/curl", CURL, 0o755);
    for (const name of ["verify-signature.sh", "sum-of.sh"]) {
      symlinkSync(join(SCRIPTS, name), join(this.folder, "bin", name));
    }
  }

  make(name: string): string {
    mkdirSync(join(this.folder, name), { recursive: true });
    return join(this.folder, name);
  }

  put(name: string, content: string | Buffer, mode = 0o644): string {
    this.make(dirname(name));
    writeFileSync(join(this.folder, name), content, { mode });
    return join(this.folder, name);
  }

  gpg(args: string[], input: string | Buffer = ""): Buffer {
    const result = spawnSync("gpg", ["--homedir", this.home, "--batch", "--quiet", ...args], { input });
    return result.stdout;
  }

  get key(): Buffer {
    return this.gpg(["--armor", "--export"]);
  }

  /** Runs a RUN instruction for a processor, with the Dockerfile's arguments overridden by `values`. */
  run(
    instruction: string,
    machine: string,
    values: Record<string, string>,
  ): { status: number | null; out: string; errors: string } {
    const work = mkdtempSync(join(this.folder, "work-"));
    this.put("bin/uname", `#!/bin/sh\necho ${machine}\n`, 0o755);
    const script = instruction
      .slice("RUN ".length)
      .replaceAll(" /keys/", ` ${this.folder}/keys/`)
      .replaceAll("/out/", `${work}/out/`)
      .replaceAll("/usr/local/aws-cli", `${work}/aws-cli`);
    const defaults = [...dockerfile.matchAll(/^ARG (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
    const env = {
      PATH: `${this.folder}/bin:${process.env.PATH}`,
      SERVED: join(this.folder, "served"),
      ...Object.fromEntries(defaults),
      ...values,
    };
    const result = spawnSync("bash", ["-euo", "pipefail", "-c", script], { cwd: work, env });
    return { status: result.status, out: work, errors: result.stderr.toString() };
  }

  close(): void {
    spawnSync("gpgconf", ["--homedir", this.home, "--kill", "all"]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A stub for curl: it serves the file named by the address's last part, or the key that a key server is asked for. */
const CURL = `#!/bin/bash
for last; do :; done
name=\${last##*/}
case $name in lookup*) name=key ;; esac
file=$SERVED/$name
[ -f "$file" ] || exit 22
case " $* " in
*" --remote-name "*) cp "$file" "$name" ;;
*" --output "*) args=" $*"; out=\${args#* --output }; cp "$file" "\${out%% *}" ;;
*) cat "$file" ;;
esac
`;
