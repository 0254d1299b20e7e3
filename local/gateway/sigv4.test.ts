import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeWith } from "../../tests/needs";
import { type ReceivedRequest, SignatureError, signatureVerifier } from "./sigv4";
import { type Recorder, startRecorder } from "./testing/recorder";
import { sdkCalls } from "./testing/sdk-calls";
import { tampered } from "./testing/tampering";

const ID = "AKIDEXAMPLE";
const SECRET = "s/e+cret";
const REGION = "eu-west-1";
const PYTHON = join(__dirname, "../../.local/venv/bin/python");

const verify = signatureVerifier({
  region: REGION,
  now: Date.now,
  secretOf: (id) => (id === ID ? { secretAccessKey: SECRET } : undefined),
});

let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.close());

const describeRequest = ({ method, target }: ReceivedRequest): string => `${method} ${target}`;

/** The changed requests that were let through all the same. */
const letThrough = (request: ReceivedRequest): readonly ReceivedRequest[] =>
  tampered(request).filter((changed) => {
    try {
      verify(changed);
      return true;
    } catch (error) {
      if (error instanceof SignatureError) return false;
      throw error;
    }
  });

const expectGuarded = (requests: readonly ReceivedRequest[]): void => {
  for (const request of requests) {
    expect(() => verify(request)).not.toThrow();
    expect(letThrough(request).map(describeRequest)).toEqual([]);
  }
};

describe("requests of the SDK", () => {
  const settings = () => ({
    endpoint: recorder.endpoint,
    region: REGION,
    credentials: { accessKeyId: ID, secretAccessKey: SECRET },
    maxAttempts: 1,
  });
  it.each(Object.keys(sdkCalls))("%s is taken as signed, and in no other form", async (name) => {
    await sdkCalls[name]?.(settings()).catch(() => undefined);
    const requests = recorder.taken();
    expect(requests).toHaveLength(1);
    expectGuarded(requests);
  });

  it("carry the token of temporary credentials", async () => {
    const credentials = { accessKeyId: ID, secretAccessKey: SECRET, sessionToken: "token" };
    await sdkCalls["DynamoDB GetItem"]?.({ ...settings(), credentials }).catch(() => undefined);
    const [request] = recorder.taken();
    const asked = (sessionToken?: string) =>
      signatureVerifier({
        region: REGION,
        now: Date.now,
        secretOf: () => ({ secretAccessKey: SECRET, ...(sessionToken ? { sessionToken } : {}) }),
      });
    expect(() => asked("token")(request!)).not.toThrow();
    expect(() => asked("another")(request!)).toThrow(SignatureError);
    expect(() => asked()(request!)).toThrow(SignatureError);
  });

  it("are good for the laptop's region alone", async () => {
    await sdkCalls["SSM GetParameters"]?.({ ...settings(), region: "us-east-1" }).catch(() => undefined);
    const [request] = recorder.taken();
    expect(() => verify(request!)).toThrow("valid region");
  });

  it("are told that the body is another", async () => {
    await sdkCalls["SSM GetParameters"]?.(settings()).catch(() => undefined);
    const [request] = recorder.taken();
    const changed = () => verify({ ...request!, body: Buffer.from("{}") });
    expect(changed).toThrow(expect.objectContaining({ code: "XAmzContentSHA256Mismatch" }));
  });

  it("are good for five minutes, either way", async () => {
    await sdkCalls["SSM GetParameters"]?.(settings()).catch(() => undefined);
    const [request] = recorder.taken();
    const at = (minutes: number) => () =>
      signatureVerifier({
        region: REGION,
        now: () => Date.now() + minutes * 60_000,
        secretOf: () => ({ secretAccessKey: SECRET }),
      })(request!);
    expect(at(4.9)).not.toThrow();
    expect(at(-4.9)).not.toThrow();
    expect(at(5.1)).toThrow("too far from now");
    expect(at(-5.1)).toThrow("too far from now");
  });
});

describeWith(existsSync(PYTHON), "no .local/venv with boto3")("requests of boto3", () => {
  const run = (): Promise<number | null> =>
    new Promise((resolve) => {
      const env = {
        AWS_ENDPOINT_URL: recorder.endpoint,
        AWS_ACCESS_KEY_ID: ID,
        AWS_SECRET_ACCESS_KEY: SECRET,
        AWS_DEFAULT_REGION: REGION,
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_CONFIG_FILE: "/dev/null",
        AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      };
      const script = join(__dirname, "testing/boto3-calls.py");
      spawn(PYTHON, [script], { env, stdio: ["ignore", "ignore", "inherit"] }).once("exit", resolve);
    });

  it("are taken as signed, and in no other form", async () => {
    expect(await run()).toBe(0);
    const requests = recorder.taken();
    expect(new Set(requests.map(describeRequest)).size).toBeGreaterThan(8);
    expectGuarded(requests);
  });
});
