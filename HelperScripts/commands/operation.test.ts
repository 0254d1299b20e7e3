import { ACCOUNT, DeploymentDouble, functionArn, REGION } from "../testing/deployment-double";
import { attempt, orphan, runner } from "../testing/items";

describe("pause, resume, drain", () => {
  it("I-34 F-57: pause and resume new starts by one parameter", async () => {
    const on = new DeploymentDouble();
    expect((await on.run(["pause"])).exitCode).toBe(0);
    expect(on.parameters.get("/gitlabrunner/Starts")).toEqual({ Value: "off", Type: "String" });
    expect((await on.run(["resume"])).exitCode).toBe(0);
    expect(on.parameters.get("/gitlabrunner/Starts")?.Value).toBe("on");
  });

  it("I-34: drain waits until nothing runs and every function has seen the switch, then says how to go on", async () => {
    const on = new DeploymentDouble();
    on.putLedger(runner(1, { state: "BUSY" }));
    on.putLedger(attempt(1, { state: "RUNNING" }));
    const startedAt = on.now;
    on.before = () => {
      if (on.now - startedAt > 60_000) on.ledger.clear();
    };
    const { exitCode, out, err } = await on.run(["drain"]);
    expect(exitCode).toBe(0);
    expect(on.parameters.get("/gitlabrunner/Starts")?.Value).toBe("off");
    expect(err).toContain("1 runner left, 1 job under way.");
    // A minute in which functions remember the switch, and what a start that read it before takes.
    expect(on.now - startedAt).toBeGreaterThanOrEqual(75_000);
    const named = [...out.matchAll(/--stack-name (\S+)/g)].map(([, name]) => name);
    expect(named).toEqual([
      "gitlab-runners-autoscaler",
      "gitlab-runners-lambda-shell-runner",
      "gitlab-runners-infrastructure",
    ]);
  });

  it("I-34: drain does not believe one look that shows nothing, since indexes lag", async () => {
    const on = new DeploymentDouble();
    const startedAt = on.now;
    // The first look that may count is after 75 seconds, the next five seconds later.
    on.before = () => {
      if (on.now - startedAt >= 80_000) on.putLedger(runner(1, { state: "BUSY" }));
    };
    const { exitCode, out } = await on.run(["drain", "--timeout-minutes", "5"]);
    expect(exitCode).toBe(1);
    expect(out).toContain("After 5 minutes 1 runner and 0 jobs are left");
  });

  it("I-34: drain gives up after its time, says what is left, and ends with 1", async () => {
    const on = new DeploymentDouble();
    on.putLedger(runner(1, { state: "BUSY" }));
    const { exitCode, out } = await on.run(["drain", "--timeout-minutes", "5"]);
    expect(exitCode).toBe(1);
    expect(out).toContain("After 5 minutes 1 runner and 0 jobs are left");
  });
});

describe("drain", () => {
  it("P-7: waits for an instance that is nobody's runner as well", async () => {
    const on = new DeploymentDouble();
    on.putLedger(orphan("i-0123456789abcdef0"));
    const { exitCode, out } = await on.run(["drain", "--timeout-minutes", "5"]);
    expect(exitCode).toBe(1);
    expect(out).toContain("After 5 minutes 1 runner and 0 jobs are left");
  });
});

describe("redrive", () => {
  const webhook = { object_kind: "build", build_id: 7, build_status: "pending", project_id: 42 };
  const letters: Readonly<Record<string, unknown>> = {
    webhook: { source: "gitlab.webhook", "detail-type": "GitLabJobEvent", detail: webhook },
    trimmed: webhook,
    ended: {
      source: "gitlab.reconciler",
      "detail-type": "RunnerEnded",
      detail: { runnerId: 9, reason: "x" },
    },
    instance: {
      source: "aws.ec2",
      "detail-type": "EC2 Instance State-change Notification",
      detail: { "instance-id": "i-0123456789abcdef0", state: "terminated" },
    },
    spot: {
      source: "aws.ec2",
      "detail-type": "EC2 Spot Instance Interruption Warning",
      detail: { "instance-id": "i-0123456789abcdef0", "instance-action": "terminate" },
    },
    novel: {
      source: "aws.ec2",
      "detail-type": "EC2 Instance Something Else",
      detail: { "instance-id": "i-0123456789abcdef0" },
    },
    minute: { source: "aws.events", "detail-type": "Scheduled Event", detail: {} },
    call: {
      requestContext: { functionArn: `${functionArn("x-RecordPickUpFunction-1")}:$LATEST` },
      requestPayload: webhook,
    },
    foreign: { requestContext: { functionArn: functionArn("payroll") }, requestPayload: webhook },
    elsewhere: {
      requestContext: {
        functionArn: functionArn("x-RecordPickUpFunction-1").replace(ACCOUNT, "999999999999"),
      },
      requestPayload: webhook,
    },
    abroad: {
      requestContext: {
        functionArn: functionArn("x-RecordPickUpFunction-1").replace(REGION, "eu-central-1"),
      },
      requestPayload: webhook,
    },
    alien: { source: "somebody", detail: {} },
    text: "no json",
  };

  const simulationWith = (...names: readonly string[]) => {
    const on = new DeploymentDouble();
    const queue = new Map(names.map((name) => [name, letters[name]]));
    const held = new Set<string>();
    const put: Record<string, unknown>[] = [];
    on.answers.set("ReceiveMessageCommand", () => {
      const next = [...queue].filter(([name]) => !held.has(name)).slice(0, 2);
      for (const [name] of next) held.add(name);
      return {
        Messages: next.map(([ReceiptHandle, body]) => ({
          ReceiptHandle,
          Body: typeof body === "string" ? body : JSON.stringify(body),
        })),
      };
    });
    on.answers.set("DeleteMessageCommand", ({ ReceiptHandle }: { ReceiptHandle: string }) => {
      queue.delete(ReceiptHandle);
      return {};
    });
    on.answers.set("ChangeMessageVisibilityCommand", ({ ReceiptHandle }: { ReceiptHandle: string }) => {
      held.delete(ReceiptHandle);
      return {};
    });
    on.answers.set("PutEventsCommand", ({ Entries }: { Entries: Record<string, unknown>[] }) => {
      put.push(...Entries);
      return { FailedEntryCount: 0 };
    });
    on.answers.set("InvokeCommand", (input: Record<string, unknown>) => {
      put.push({ ...input, Payload: JSON.parse(String(input.Payload)) });
      return {};
    });
    return { on, queue, held, put };
  };

  it("asks an empty queue twice: SQS may miss a message once", async () => {
    const { on } = simulationWith();
    const { out } = await on.run(["redrive", "--yes"]);
    expect(out).toBe("There are no DLQ messages.");
    expect(on.calls.filter(({ command }) => command === "ReceiveMessageCommand")).toHaveLength(2);
  });

  it("sends what rules could not deliver again, and empties the queue", async () => {
    const { on, queue, put } = simulationWith("webhook", "trimmed", "ended", "instance", "minute", "call");
    const { exitCode, out } = await on.run(["redrive", "--yes"]);
    expect([exitCode, out]).toEqual([0, "5 sent again, 1 dropped as overtaken, 0 left."]);
    expect(queue.size).toBe(0);
    const bus = { EventBusName: "gitlab-runners-infrastructure" };
    expect(put).toEqual([
      { ...bus, Source: "gitlab.redrive", DetailType: "GitLabJobEvent", Detail: JSON.stringify(webhook) },
      { ...bus, Source: "gitlab.redrive", DetailType: "GitLabJobEvent", Detail: JSON.stringify(webhook) },
      {
        ...bus,
        Source: "gitlab.redrive",
        DetailType: "RunnerEnded",
        Detail: '{"runnerId":9,"reason":"x"}',
      },
      {
        ...bus,
        Source: "gitlab.redrive",
        DetailType: "RunnerEnded",
        Detail: '{"resourceId":"i-0123456789abcdef0","reason":"instance-terminated"}',
      },
      {
        FunctionName: functionArn("x-RecordPickUpFunction-1"),
        InvocationType: "Event",
        Payload: webhook,
      },
    ]);
  });

  it("F-37: sends what EC2 warned of again as the rule would name it", async () => {
    const { on, put } = simulationWith("spot");
    expect((await on.run(["redrive", "--yes"])).exitCode).toBe(0);
    expect(put).toMatchObject([
      { Detail: '{"resourceId":"i-0123456789abcdef0","reason":"spot-interruption"}' },
    ]);
  });

  it.each(["foreign", "elsewhere", "abroad", "alien", "text", "novel"])(
    "T-17: leaves %s in the queue and ends with 1",
    async (name) => {
      const { on, queue, held, put } = simulationWith(name);
      const { exitCode, err } = await on.run(["redrive", "--yes"]);
      expect(exitCode).toBe(1);
      expect(err).toContain("Left in the queue");
      expect([queue.size, held.size, put]).toEqual([1, 0, []]);
    },
  );

  it("deletes nothing that the bus did not take", async () => {
    const { on, queue, held } = simulationWith("webhook");
    on.answers.set("PutEventsCommand", () => ({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: "Throttled" }],
    }));
    const { exitCode, err } = await on.run(["redrive", "--yes"]);
    expect(exitCode).toBe(1);
    expect(err).toContain("Throttled");
    expect([queue.size, held.size]).toEqual([1, 0]);
  });

  it.each([
    ["--dry-run", 0],
    ["", 2],
  ])(
    "with %j and nobody to ask changes nothing and leaves the messages in the queue",
    async (option, code) => {
      const { on, queue, held, put } = simulationWith("webhook", "call", "ended");
      const { exitCode } = await on.run(["redrive", option].filter(Boolean));
      expect(exitCode).toBe(code);
      expect([queue.size, held.size, put]).toEqual([3, 0, []]);
    },
  );

  it("an empty queue is soon told", async () => {
    expect((await simulationWith().on.run(["redrive"])).out).toBe("There are no DLQ messages.");
  });
});

describe("people's mistakes", () => {
  it.each([
    ["CredentialsProviderError", "There are no AWS credentials"],
    ["ExpiredTokenException", "have expired"],
    ["AccessDeniedException", "AWS does not allow this"],
  ])("%s becomes a sentence without a stack trace", async (name, words) => {
    const on = new DeploymentDouble();
    on.answers.set("DescribeStacksCommand", () => {
      throw Object.assign(new Error("details"), { name });
    });
    const { exitCode, err } = await on.run(["status"]);
    expect(exitCode).toBe(1);
    expect(err).toContain(words);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it("a stack that is not AutoScaler's is told", async () => {
    const on = new DeploymentDouble();
    on.setStack("other", { Something: REGION });
    const { exitCode, err } = await on.run(["pause", "--stack-name", "other"]);
    expect(exitCode).toBe(1);
    expect(err).toContain("is it the AutoScaler stack?");
  });
});
