import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { describeWith } from "../../tests/needs";
import { allow, policy, role, roleArn } from "../gateway/testing/fake-deployed";
import { type GuardedEngine, PYTHON, startGuardedEngine } from "./testing/guarded-engine";
import { deploySampleFlow, FUNCTION, LETTERS, MACHINE, RULE, type SampleFlow } from "./testing/sample-flow";

jest.setTimeout(60_000);

const trust = (service: string, condition?: object) => ({
  Effect: "Allow",
  Principal: { Service: service },
  Action: "sts:AssumeRole",
  ...(condition ? { Condition: condition } : {}),
});
const serviceMay = (service: string, action: string, resource: string) => ({
  Effect: "Allow",
  Principal: { Service: service },
  Action: action,
  Resource: resource,
  Condition: { ArnEquals: { "aws:SourceArn": RULE } },
});

describeWith(existsSync(PYTHON), "no .local/venv with MiniStack")(
  "the engine's own calls ask the gateway",
  () => {
    let engine: GuardedEngine;
    let flow: SampleFlow;

    beforeAll(async () => {
      engine = await startGuardedEngine();
      flow = await deploySampleFlow(engine);
    });
    afterAll(async () => {
      flow?.close();
      await engine?.close();
    });
    beforeEach(async () => {
      await flow.emptyQueue();
      flow.called = [];
      flow.isFailing = false;
      engine.state.policies[LETTERS] = [
        policy("letters", serviceMay("events.amazonaws.com", "sqs:SendMessage", LETTERS)),
      ];
      engine.state.policies[roleArn("rule")] = [
        policy("trust", trust("events.amazonaws.com", { ArnEquals: { "aws:SourceArn": RULE } })),
      ];
      engine.state.policies[roleArn("flow")] = [policy("trust", trust("states.amazonaws.com"))];
      engine.state.policies[roleArn("worker")] = [policy("trust", trust("lambda.amazonaws.com"))];
      engine.state.roles[roleArn("rule")] = role("rule", [
        policy("start", allow("states:StartExecution", MACHINE)),
      ]);
      engine.state.roles[roleArn("flow")] = role("flow", [
        policy("call", allow("lambda:InvokeFunction", FUNCTION)),
      ]);
    });

    describeWith(existsSync("/proc/self/net/tcp"), "no /proc")("the engine", () => {
      it("listens on no port", () => {
        const inodes = readdirSync(`/proc/${engine.pid}/fd`).flatMap((fd) => {
          try {
            return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${engine.pid}/fd/${fd}`))?.[1] ?? [];
          } catch {
            return [];
          }
        });
        const listening = ["tcp", "tcp6"].flatMap((name) =>
          readFileSync(`/proc/${engine.pid}/net/${name}`, "utf8")
            .split("\n")
            .map((line) => line.trim().split(/\s+/))
            .filter(([, , , state]) => state === "0A")
            .map((fields) => fields[9] ?? ""),
        );
        expect(inodes.length).toBeGreaterThan(0);
        expect(listening.filter((inode) => inodes.includes(inode))).toEqual([]);
      });
    });

    describe("a rule with a workflow", () => {
      beforeEach(() => flow.aim(MACHINE, "rule"));

      it("starts it, and the workflow its function", async () => {
        await flow.putEvent();
        await flow.untilCalled();
        expect(flow.called).toHaveLength(1);
      });

      it("starts nothing without the right, and leaves a letter", async () => {
        engine.state.roles[roleArn("rule")] = role("rule", []);
        await flow.putEvent();
        const { Body = "", MessageAttributes } = (await flow.letter()) ?? {};
        expect(JSON.parse(Body)).toMatchObject({ source: "test", detail: { n: 1 } });
        expect(MessageAttributes?.ERROR_CODE?.StringValue).toBe("NO_PERMISSIONS");
        expect(flow.called).toEqual([]);
      });

      it("starts nothing when the role does not trust the rule", async () => {
        engine.state.policies[roleArn("rule")] = [
          policy("trust", trust("events.amazonaws.com", { ArnEquals: { "aws:SourceArn": `${RULE}2` } })),
        ];
        await flow.putEvent();
        expect(await flow.letter()).toBeDefined();
        expect(flow.called).toEqual([]);
      });

      it("calls no function when the workflow's role has no right", async () => {
        engine.state.roles[roleArn("flow")] = role("flow", []);
        await flow.putEvent();
        await sleep(500);
        expect(flow.called).toEqual([]);
      });
    });

    describe("a workflow", () => {
      /** What MiniStack waits before each execution: the least that ten executions take with it. */
      const PAUSE_MS = 150;

      it("begins with its first state, without a pause", async () => {
        const waits: number[] = [];
        for (let n = 0; n < 10; n += 1) {
          flow.called = [];
          const startedAt = performance.now();
          await engine.calls.states.send(new StartExecutionCommand({ stateMachineArn: MACHINE }));
          await flow.untilCalled();
          waits.push(performance.now() - startedAt);
        }
        expect(Math.min(...waits)).toBeLessThan(PAUSE_MS);
      });
    });

    describe("a rule with a function", () => {
      beforeEach(() => flow.aim(FUNCTION));

      it("calls it when the function's policy names the rule", async () => {
        engine.state.policies[FUNCTION] = [
          policy("function", serviceMay("events.amazonaws.com", "lambda:InvokeFunction", FUNCTION)),
        ];
        await flow.putEvent();
        await flow.untilCalled();
        expect(flow.called).toHaveLength(1);
      });

      it("leaves a letter when it does not", async () => {
        engine.state.policies[FUNCTION] = [];
        await flow.putEvent();
        expect(await flow.letter()).toBeDefined();
        expect(flow.called).toEqual([]);
      });
    });

    describe("a function's failed asynchronous call", () => {
      beforeEach(() => {
        flow.isFailing = true;
      });

      it("leaves a letter with the function's role", async () => {
        engine.state.roles[roleArn("worker")] = role("worker", [
          policy("fail", allow("sqs:SendMessage", LETTERS)),
        ]);
        await flow.callFunction();
        expect(JSON.parse((await flow.letter())?.Body ?? "{}")).toMatchObject({
          requestContext: { condition: "RetriesExhausted" },
        });
      });

      it("leaves none when the role has no right", async () => {
        engine.state.roles[roleArn("worker")] = role("worker", []);
        await flow.callFunction();
        await flow.untilCalled();
        expect(await flow.letter()).toBeUndefined();
      });
    });
  },
);
