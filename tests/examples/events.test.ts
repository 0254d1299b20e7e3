import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EVENT_SOURCE } from "../../Core/events/bus-entry";
import { jobStartFailedEvent } from "../../Core/events/job-start-failed";
import { objectiveAlarmEvent } from "../../Core/events/objective-alarm";
import { ATTEMPT_FAILURE_CODES } from "../../Core/model/reasons";
import { WAIT_CAUSES } from "../../Core/waiting/causes";
import { event } from "../templates/bus-events";
import { patternMatches, transform } from "../templates/event-pattern";
import { asList, asMap, at, ofType, parseTemplate, type Value } from "../templates/read-template";
import { resolve } from "../templates/resolve";

/** The examples' rules, held to what the product puts on the bus. */

const RUNBOOK = "https://docs.example.com/runbook.md";

const ruleOf = (file: string, id?: string) => {
  const template = parseTemplate(readFileSync(join(__dirname, "../../examples", file), "utf8"));
  const [rule] = ofType(template, "AWS::Events::Rule").filter((each) => id === undefined || each.id === id);
  const { EventPattern, Targets } = rule?.properties ?? {};
  const transformer = at(asList(Targets)[0], "InputTransformer");
  return {
    pattern: asMap(EventPattern),
    transformer: asMap(resolve(template, transformer, { RunbookUrl: RUNBOOK })),
  };
};

const failed = (reason: (typeof ATTEMPT_FAILURE_CODES)[number], isFinal: boolean) => {
  const about = { jobId: 3_580_121_225, projectId: 42, attempt: 3, reason, isFinal };
  const { DetailType, Detail } = jobStartFailedEvent("gitlab-runners-infrastructure", about);
  return event(EVENT_SOURCE, DetailType, JSON.parse(Detail) as Value);
};

it("events: the rule takes runners' ends of this version, and nothing else", () => {
  const { pattern } = ruleOf("events/rule.yaml");
  const matches = (source: string, type: string, version: number) =>
    patternMatches(pattern, { ...event(source, type, { version }) });
  expect(matches(EVENT_SOURCE, "RunnerEnded", 1)).toBe(true);
  expect(matches(EVENT_SOURCE, "RunnerEnded", 2)).toBe(false);
  expect(matches(EVENT_SOURCE, "RunnerStarted", 1)).toBe(false);
  expect(matches("gitlab.reconciler", "RunnerEnded", 1)).toBe(false);
});

it.each(ATTEMPT_FAILURE_CODES)("chat: writes a notice that the chat application takes for %s", (reason) => {
  const { pattern, transformer } = ruleOf("chat/slack.yaml", "JobStartFailedRule");
  expect(patternMatches(pattern, { ...failed(reason, false) })).toBe(false);
  expect(patternMatches(pattern, { ...failed(reason, true) })).toBe(true);
  expect(transform(transformer, failed(reason, true))).toMatchObject({
    version: "1.0",
    source: "custom",
    content: {
      title: "Job 3580121225 of project 42 gets no runner",
      description: expect.stringContaining(`(\`${reason}\`)`),
      nextSteps: [
        expect.stringMatching(/.{10,}/),
        "`npx runners logs 3580121225`",
        `${RUNBOOK}#jobs-without-a-runner`,
      ],
    },
  });
});

it.each(WAIT_CAUSES)(
  "chat: writes a notice that the chat application takes of jobs that waited for %s",
  (cause) => {
    const { pattern, transformer } = ruleOf("chat/slack.yaml", "QueueObjectiveRule");
    const miss = { since: "2026-11-30", jobs: 80, missed: 12, cause, ofCause: 8, class: "EC2#big" };
    const { DetailType, Detail } = objectiveAlarmEvent("gitlab-runners-infrastructure", miss);
    const rings = event(EVENT_SOURCE, DetailType, JSON.parse(Detail) as Value);
    expect(patternMatches(pattern, { ...rings })).toBe(true);
    expect(transform(transformer, rings)).toMatchObject({
      version: "1.0",
      source: "custom",
      content: {
        title: "Jobs start late",
        description: expect.stringContaining(`(\`${cause}\`)`),
        nextSteps: [
          expect.stringMatching(/.{10,}/),
          "`npx runners status`",
          `${RUNBOOK}#queue-time-objective`,
        ],
      },
    });
  },
);
