import { instanceLogStream } from "../../../Core/log-stream";
import { DeploymentDouble, functionArn, INFRASTRUCTURE, NOW } from "../../testing/deployment-double";
import { attempt, DOCKER_CLASS, MICROVM_CLASS, QUEUED, runner } from "../../testing/items";
import { NamedError } from "../../testing/named-error";

const JOB = 7;
const RUNNER = 1_007;
const INSTANCE = "i-0abc";
const SECOND = 1_000;
const EXECUTION = "arn:aws:states:us-east-1:111122223333:express:start:name:id";

interface StoredLine {
  readonly at: number;
  readonly stream?: string;
  readonly message: string;
}

type Groups = Record<string, StoredLine[]>;

interface Search {
  readonly logGroupName: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly filterPattern?: string;
  readonly logStreamNames?: readonly string[];
  readonly nextToken?: string;
}

const line = (at: number, fields: object, stream?: string): StoredLine => ({
  at,
  message: JSON.stringify({ level: "INFO", time: new Date(at).toISOString(), ...fields }),
  ...(stream ? { stream } : {}),
});

const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  "gitlab-runners-autoscaler": [
    "LookUpRunnerLogGroup",
    "StartEc2RunnerLogGroup",
    "RecordFailureLogGroup",
    "StartRunnerStateMachineLogGroup",
    "RunnerInstanceLogGroup",
  ],
  [INFRASTRUCTURE]: ["ReportRunnerEndLogGroup", "WebhookAccessLogGroup"],
};

/** CloudWatch Logs: a page has one line, and a pattern is not looked at, as emulators do. */
const withLogs = (on: DeploymentDouble, groups: Groups): DeploymentDouble => {
  on.answers.set("ListStackResourcesCommand", ({ StackName }: { StackName: string }) => ({
    StackResourceSummaries: (RESOURCES[StackName] ?? []).map((id) => ({
      ResourceType: "AWS::Logs::LogGroup",
      LogicalResourceId: id,
      PhysicalResourceId: id,
    })),
  }));
  on.answers.set("FilterLogEventsCommand", (search: Search) => {
    const stored = groups[search.logGroupName];
    if (stored === undefined)
      throw new NamedError("ResourceNotFoundException", "The specified log group does not exist.");
    const found = stored.filter(
      ({ at, stream = "s" }) =>
        at >= search.startTime &&
        at <= search.endTime &&
        (search.logStreamNames === undefined || search.logStreamNames.includes(stream)),
    );
    const index = Number(search.nextToken ?? 0);
    const events = found.slice(index, index + 1).map(({ at, message, stream = "s" }) => ({
      timestamp: at,
      message,
      logStreamName: stream,
      eventId: `${search.logGroupName} ${stored.findIndex((one) => one.message === message)}`,
    }));
    return { events, ...(index + 1 < found.length ? { nextToken: String(index + 1) } : {}) };
  });
  return on;
};

const empty = (): Groups =>
  Object.fromEntries([...Object.values(RESOURCES).flat(), "runners"].map((name) => [name, []]));

/** A job on EC2 whose first lines are there, with another job's beside them. */
const onEc2 = (): { readonly on: DeploymentDouble; readonly groups: Groups } => {
  const on = new DeploymentDouble();
  on.putLedger(attempt(JOB, { resourceId: INSTANCE }, DOCKER_CLASS));
  on.putLedger(runner(JOB, { resourceId: INSTANCE }, DOCKER_CLASS));
  const groups = empty();
  const stream = instanceLogStream(INSTANCE, "secret-nonce");
  groups.LookUpRunnerLogGroup = [
    line(QUEUED + SECOND, { code: "RUNNER_LOOKED_UP", jobId: JOB, outcome: "start" }),
    line(QUEUED + SECOND, { code: "RUNNER_LOOKED_UP", jobId: 8, outcome: "start" }),
    { at: QUEUED + SECOND, message: JSON.stringify({ _aws: {}, jobId: JOB, JobsFailed: 1 }) },
  ];
  groups.StartEc2RunnerLogGroup = [
    line(QUEUED + 3 * SECOND, { code: "RUNNER_STARTED", jobId: JOB, outcome: "launched", runnerId: RUNNER }),
  ];
  groups.RunnerInstanceLogGroup = [
    { at: QUEUED + 20 * SECOND, stream, message: "glr: installed after 12 s" },
    { at: QUEUED + 20 * SECOND, stream: `${INSTANCE}/forged`, message: "glr: forged" },
  ];
  return { on: withLogs(on, groups), groups };
};

const messages = (out: string): readonly string[] =>
  JSON.parse(out).lines.map(({ message }: { message: string }) => message);

describe("logs", () => {
  it("joins functions and instance in the order of their time, and nothing of other jobs", async () => {
    const { on } = onEc2();
    const { exitCode, out, err } = await on.run(["logs", String(JOB)]);
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out.split("\n").map((text) => text.replace(/ {2,}/g, " | "))).toEqual([
      "2026-11-25, UTC",
      `11:55:01.000 | look-up-runner | RUNNER_LOOKED_UP jobId=${JOB} outcome=start`,
      `11:55:03.000 | start-ec2-runner | RUNNER_STARTED jobId=${JOB} outcome=launched runnerId=${RUNNER}`,
      "11:55:20.000 | instance | glr: installed after 12 s",
    ]);
  });

  it("T-32: takes an instance's word only from the stream that it alone knows", async () => {
    const { out } = await onEc2().on.run(["logs", String(JOB), "--json"]);
    expect(messages(out)).not.toContain("glr: forged");
  });

  it("asks CloudWatch for the job's ids, in the time of the job alone", async () => {
    const { on } = onEc2();
    await on.run(["logs", String(JOB)]);
    const searches = on.calls.filter(({ command }) => command === "FilterLogEventsCommand");
    const asked = searches.map(({ input }) => input as unknown as Search);
    expect(asked[0]?.filterPattern).toContain(`($.jobId = ${JOB})`);
    expect(asked[0]?.filterPattern).toContain(`($.runnerId = ${RUNNER})`);
    for (const { startTime, endTime, filterPattern = "" } of asked) {
      // A minute before the job was made and six after now: it is not over.
      expect([startTime, endTime]).toEqual([expect.any(Number), NOW + 6 * 60_000]);
      expect(startTime).toBeGreaterThanOrEqual(QUEUED - 60_000); // the minute before
      expect(filterPattern.length).toBeLessThanOrEqual(1_024); // CloudWatch's limit
    }
    expect(asked.map(({ logGroupName }) => logGroupName)).not.toContain("WebhookAccessLogGroup");
  });

  it("reads nothing of the hours in which a long job only ran", async () => {
    const { on, groups } = onEc2();
    const hours = 5 * 3_600_000;
    on.now = NOW + hours;
    const times = { LAUNCHED: QUEUED + 3 * SECOND, RUNNING: QUEUED + 5 * SECOND, ENDED: QUEUED + hours };
    on.putLedger(attempt(JOB, { version: 4, state: "ENDED", resourceId: INSTANCE, times }, DOCKER_CLASS));
    const gone = {
      state: "GONE",
      resourceId: INSTANCE,
      times: { LAUNCHED: QUEUED, GONE: QUEUED + hours },
    } as const;
    on.putLedger(runner(JOB, { version: 3, ...gone }, DOCKER_CLASS));
    groups.LookUpRunnerLogGroup?.push(line(QUEUED + hours / 2, { code: "EVENT_PUT", jobId: JOB }));
    const stream = instanceLogStream(INSTANCE, "secret-nonce");
    groups.RunnerInstanceLogGroup?.push({ at: QUEUED + hours / 2, stream, message: "in the middle" });
    const { out } = await on.run(["logs", String(JOB), "--json"]);
    expect(messages(out)).toContain("in the middle");
    expect(messages(out).join()).not.toContain("EVENT_PUT");
  });

  it("finds a workflow's lines by the execution that the recorded failure names", async () => {
    const { on, groups } = onEc2();
    const at = QUEUED + 2 * SECOND;
    groups.RecordFailureLogGroup?.push(
      line(at, { level: "ERROR", code: "WORKFLOW_FAILED", jobId: JOB, execution: EXECUTION }),
    );
    groups.StartRunnerStateMachineLogGroup?.push(
      { at, message: JSON.stringify({ type: "ExecutionFailed", execution_arn: EXECUTION }) },
      { at, message: JSON.stringify({ type: "ExecutionFailed", execution_arn: `${EXECUTION}2` }) },
    );
    const { out } = await on.run(["logs", String(JOB)]);
    expect(out).toMatch(/record-failure +ERROR WORKFLOW_FAILED/);
    expect(out.match(/start-runner workflow +type=ExecutionFailed/g)).toHaveLength(1);
  });

  it("reads a Lambda runner's group from its function, by runner and invocation", async () => {
    const on = new DeploymentDouble();
    const requestId = "6f1c0000-0000-4000-8000-000000000000";
    on.putLedger(attempt(JOB, { resourceId: requestId }));
    on.putLedger(runner(JOB, { resourceId: requestId }));
    on.functions.set(functionArn("runner"), { LoggingConfig: { LogGroup: "runners" } });
    const groups = empty();
    groups.runners = [
      line(QUEUED + 9 * SECOND, { code: "RUNNER_STARTING", runnerId: RUNNER }),
      line(QUEUED + 9 * SECOND, { code: "RUNNER_STARTING", runnerId: 4 }),
      {
        at: QUEUED + 99 * SECOND,
        message: JSON.stringify({ type: "platform.report", record: { requestId } }),
      },
    ];
    groups.ReportRunnerEndLogGroup = [line(QUEUED + 100 * SECOND, { code: "INVOCATION_ENDED", requestId })];
    const { out } = await withLogs(on, groups).run(["logs", String(JOB), "--json"]);
    expect(JSON.parse(out).lines).toMatchObject([
      { kind: "runner", source: "lambda-runner", group: "runners" },
      { kind: "runner", message: expect.stringContaining("platform.report") },
      { kind: "control-plane", source: "report-runner-end" },
    ]);
  });

  describe("of a job in a MicroVM", () => {
    const VM = "microvm-0123";
    const inVm = (logGroup?: string) => {
      const on = new DeploymentDouble();
      const microVmImage = { imageArn: "arn:image", imageVersion: "3.0", ...(logGroup ? { logGroup } : {}) };
      on.putLedger(attempt(JOB, { resourceId: VM }, MICROVM_CLASS));
      on.putLedger(runner(JOB, { resourceId: VM, microVmImage }, MICROVM_CLASS));
      return on;
    };

    it("T-32: reads the VM's own stream, and no other VM's", async () => {
      const groups = empty();
      groups.vms = [
        line(QUEUED + 9 * SECOND, { code: "RUNNER_STARTING", runnerId: RUNNER }, `2026/11/25[3.0]${VM}`),
        line(QUEUED + 9 * SECOND, { code: "FORGED", runnerId: RUNNER }, "2026/11/25[3.0]microvm-9"),
      ];
      const { out } = await withLogs(inVm("vms"), groups).run(["logs", String(JOB), "--json"]);
      const { lines, notes } = JSON.parse(out);
      expect(lines).toMatchObject([{ kind: "microvm", source: "microvm", group: "vms" }]);
      expect([lines.length, notes]).toEqual([1, []]);
    });

    it("finds the stream of one that was launched at midnight", async () => {
      const on = inVm("vms");
      const launched = Date.parse("2026-11-25T23:59:30Z");
      on.now = launched + 60_000;
      const image = { imageArn: "arn:image", imageVersion: "3.0", logGroup: "vms" };
      const times = { STARTING: launched, LAUNCHED: launched };
      on.putLedger(runner(JOB, { version: 3, resourceId: VM, microVmImage: image, times }, MICROVM_CLASS));
      const groups = empty();
      groups.vms = [line(launched + 31 * SECOND, { code: "RUNNER_STARTING" }, `2026/11/26[3.0]${VM}`)];
      const { out } = await withLogs(on, groups).run(["logs", String(JOB), "--json"]);
      expect(messages(out)).toEqual([expect.stringContaining("RUNNER_STARTING")]);
    });

    it("says that there is none where its stack was deployed so", async () => {
      const { err } = await withLogs(inVm(), empty()).run(["logs", String(JOB)]);
      expect(err).toContain(`A log of ${VM} is not there. For those of later jobs deploy MicroVmRunner`);
    });
  });

  it("F-62: shows text from outside without effect on a terminal", async () => {
    const { on, groups } = onEc2();
    groups.LookUpRunnerLogGroup?.push(
      line(QUEUED + SECOND, { code: "RUNNER_LOOKED_UP", jobId: JOB, detail: "\u001b[2J \u202e" }),
    );
    const { out } = await on.run(["logs", String(JOB)]);
    expect(out).toContain("detail=\\u001b[2J \\u202e");
  });

  it("names what is missing or not allowed with a remedy, and shows the rest", async () => {
    const { on, groups } = onEc2();
    delete groups.RecordFailureLogGroup;
    on.before = ({ command, input }) => {
      const isDenied =
        command === "FilterLogEventsCommand" && input.logGroupName === "ReportRunnerEndLogGroup";
      if (isDenied) throw new NamedError("AccessDeniedException", "no");
    };
    const { exitCode, out, err } = await on.run(["logs", String(JOB)]);
    expect(exitCode).toBe(0);
    expect(out).toContain("RUNNER_STARTED");
    expect(err).toContain("RecordFailureLogGroup (record-failure) is not there. Deploy its stack again");
    expect(err).toContain(
      "may not be read. Let your role have logs:FilterLogEvents on ReportRunnerEndLogGroup",
    );
    const { out: json } = await on.run(["logs", String(JOB), "--json"]);
    expect(
      JSON.parse(json)
        .notes.map(({ code }: { code: string }) => code)
        .sort(),
    ).toEqual(["missing", "not-allowed"]);
  });

  it("ends with 2 where no log group can be found, and says which right is lacking", async () => {
    const { on } = onEc2();
    on.answers.delete("ListStackResourcesCommand");
    const { exitCode, err } = await on.run(["logs", String(JOB)]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining("cloudformation:ListStackResources")]);
  });

  it("shows the last hour's lines of a job that the ledger does not know, and says so", async () => {
    const on = withLogs(new DeploymentDouble(), {
      ...empty(),
      LookUpRunnerLogGroup: [
        line(NOW - 60_000, { code: "RUNNER_LOOKED_UP", jobId: JOB, outcome: "nothing", reason: "unmapped" }),
        line(NOW - 2 * 3_600_000, {
          code: "RUNNER_LOOKED_UP",
          jobId: JOB,
          outcome: "nothing",
          reason: "old",
        }),
      ],
    });
    const { exitCode, out, err } = await on.run(["logs", String(JOB)]);
    expect([exitCode, err]).toEqual([0, expect.stringContaining("is not in the ledger")]);
    expect(out).toContain("reason=unmapped");
    expect(out).not.toContain("reason=old");
    expect((await on.run(["logs", "9"])).exitCode).toBe(1);
  });

  it("--follow shows each line once as it comes, and ends when the job's runner is gone", async () => {
    const { on, groups } = onEc2();
    let polls = 0;
    on.before = ({ command, input }) => {
      if (command !== "FilterLogEventsCommand" || input.logGroupName !== "LookUpRunnerLogGroup") return;
      polls += 1;
      if (polls !== 3) return;
      groups.StartEc2RunnerLogGroup?.push(line(on.now, { code: "RUNNER_UNREGISTERED", runnerId: RUNNER }));
      const times = { LAUNCHED: QUEUED, ENDED: on.now };
      on.putLedger(attempt(JOB, { version: 4, state: "ENDED", resourceId: INSTANCE, times }, DOCKER_CLASS));
      const gone = {
        state: "GONE",
        resourceId: INSTANCE,
        times: { LAUNCHED: QUEUED, GONE: on.now },
      } as const;
      on.putLedger(runner(JOB, { version: 3, ...gone }, DOCKER_CLASS));
    };
    const { exitCode, out } = await on.run(["logs", String(JOB), "--follow", "--json"]);
    const codes = out
      .split("\n")
      .map((text) => JSON.parse(JSON.parse(text).message.replace(/^glr.*/, "{}")).code);
    expect(exitCode).toBe(0);
    expect(codes).toEqual(["RUNNER_LOOKED_UP", "RUNNER_STARTED", undefined, "RUNNER_UNREGISTERED"]);
    expect(on.now - NOW).toBeGreaterThanOrEqual(10_000); // lines come late: a machine sends every two seconds
  });
});
