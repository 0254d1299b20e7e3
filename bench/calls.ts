/** The input of each measured function, and its environment from the template. */

const SETTINGS = {
  LAMBDA: {},
  EC2: {
    ec2: {
      architecture: "arm64",
      instanceTypes: ["c7g.large"],
      market: "spot-first",
      diskGiB: 30,
      privileged: false,
    },
  },
  MICROVM: { microVm: { memoryMiB: 2048, executor: "docker", image: "debian:13-slim" } },
} as const;

const runnerClass = (type: keyof typeof SETTINGS) => ({
  name: "default",
  type,
  lifetimeSeconds: 900,
  waitTimeoutSeconds: 120,
  maxRunners: 10,
  ...SETTINGS[type],
});

const ARN = "arn:aws:lambda:eu-west-1:123456789012:function:runner";
const order = (type: keyof typeof SETTINGS) => ({
  jobId: 12,
  projectId: 7,
  jobName: "build",
  tags: ["bench"],
  queuedAt: 1_795_608_000_000,
  runnerClass: runnerClass(type),
  ...(type === "LAMBDA" ? { functionArn: ARN } : {}),
  verified: true,
});

const webhook = (status: string) => ({
  object_kind: "build",
  build_id: 12,
  build_name: "build",
  build_status: status,
  project_id: 7,
  runner: { id: "" },
});

const end = {
  runnerId: 9001,
  provider: "EC2",
  classKey: "EC2#default",
  reason: "job-ended",
  jobId: 12,
  projectId: 7,
};

export const INPUTS: Readonly<Record<string, unknown>> = {
  "authorize-webhook": { version: "2.0", headers: { "x-gitlab-token": "bench" } },
  // Without a valid signature: loading and reading are measured, not the bus.
  "receive-signed-webhook": {
    version: "2.0",
    headers: {
      "webhook-id": "bench",
      "webhook-timestamp": String(Math.floor(Date.now() / 1_000)),
      "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}`,
    },
    body: "{}",
  },
  "look-up-runner": webhook("pending"),
  "start-lambda-runner": order("LAMBDA"),
  "start-ec2-runner": order("EC2"),
  "start-microvm-runner": order("MICROVM"),
  "record-pick-up": webhook("running"),
  "find-runner": webhook("success"),
  "unregister-runner": end,
  "terminate-instance": end,
  "start-next-job": { freed: { kind: "slot", classKey: "EC2#default" } },
  "record-failure": { event: webhook("pending"), error: { Error: "States.Timeout", Cause: "" } },
  "record-end-report": { resourceId: "9c1f6c1e-5f3c-4d1e-8f52-1f4f0d6f7f10", status: "success" },
  reconciler: {},
  "roll-up-usage": {},
  "lambda-shell-runner": { bootstrapKey: "none", runnerId: 9001 },
};

export const environment = (url: string): Record<string, string> => ({
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "bench",
  AWS_SECRET_ACCESS_KEY: "bench",
  AWS_SESSION_TOKEN: "bench",
  AWS_ENDPOINT_URL: url,
  CONFIGURATION_PATH: "/glr",
  DEPLOYMENT_ID: "bench",
  LEDGER_TABLE: "ledger",
  MAPPING_TABLE: "mapping",
  BOOTSTRAP_TABLE: "bootstrap",
  CACHE_ROLE_ARN: "arn:aws:iam::111122223333:role/cache",
  CACHE_BUCKET: "cache",
  // As the deployment: functions refuse another one's bus.
  EVENT_BUS_NAME: "bench",
  WEBHOOK_ID_TABLE: "ids",
  DEFAULT_RUNNER_ARN: ARN,
  DEFAULT_ARCHITECTURE: "arm64",
  INSTANCE_TYPES_ARM64: "c7g.large",
  INSTANCE_TYPES_X86_64: "c7i.large",
  DISK_GIB: "30",
  EC2_MAX_LIFETIME_SECONDS: "43200",
  LAUNCH_TEMPLATE_ARM64: "lt-1",
  LAUNCH_TEMPLATE_X86_64: "lt-2",
  LAUNCH_TEMPLATE_VERSION_ARM64: "1",
  LAUNCH_TEMPLATE_VERSION_X86_64: "1",
  SUBNET_IDS: "subnet-1,subnet-2",
  ROOT_DEVICE_NAME: "/dev/xvda",
  RUNNER_ROLE_ID: "AROABENCH",
  TENANT_ISOLATION: "on",
  // Read by the version before, and by none since.
  PUBLISHED_CONFIGURATION_PATH: "/glr",
  MARKET: "spot-first",
  EC2_LIFETIME_SECONDS: "3600",
  EC2_WAIT_TIMEOUT_SECONDS: "120",
  LAMBDA_LIFETIME_SECONDS: "900",
  LAMBDA_WAIT_TIMEOUT_SECONDS: "60",
  MAX_RUNNERS: "10",
  MAX_RUNNERS_PER_CLASS: "10",
  UNMAPPED_JOBS: "DEFAULT",
});
