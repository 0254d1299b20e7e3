import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const PYTHON = join(__dirname, "../../.local/moto-venv/bin/python");

/** Moto's account and the region of these tests. */
export const ACCOUNT = "123456789012";
export const REGION = "eu-west-1";

/** Functions are only named and tagged here: none runs, so none needs Docker. */
const SETTINGS = { MOTO_DOCKER_NETWORK_MODE: "none", AWS_DEFAULT_REGION: REGION };

export interface SecondDouble {
  /** Settings of the SDK's clients. */
  readonly clients: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  close(): Promise<void>;
}

/** Starts moto's server. It ends with this process at the latest, since its stdin does. */
export const startDouble = async (): Promise<SecondDouble> => {
  const child = spawn(PYTHON, ["-B", join(__dirname, "serve.py")], {
    env: { PATH: process.env.PATH, ...SETTINGS },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const closed = once(child, "close");
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), "line"),
    closed.then(() => Promise.reject(new Error("Moto's server ended as it started"))),
  ])) as [string];
  const { endpoint } = JSON.parse(line) as { readonly endpoint: string };
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
  return {
    clients: { endpoint, region: REGION, credentials },
    close: async () => {
      child.stdin.end();
      await closed;
    },
  };
};
