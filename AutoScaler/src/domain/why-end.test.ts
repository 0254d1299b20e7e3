import type { Runner } from "../../../Core/ledger";
import type { JobFacts } from "./end-order";
import { aRunner, NOW } from "./fakes/items";
import { type EndFacts, whyEnd } from "./why-end";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Boot, the class's wait and a minute. */
const PATIENCE = (300 + 120 + 60) * SECOND;
/** The class's, and what two clocks may be wrong. */
const LIFETIME = HOUR + 21 * MINUTE;

const OURS = 9001;
const job = (patch: Partial<JobFacts> = {}): JobFacts => ({
  id: 7,
  projectId: 1,
  status: "pending",
  ...patch,
});
const here = (status: string): JobFacts => job({ status, runnerId: OURS });
const elsewhere = (status: string): JobFacts => job({ status, runnerId: 9002 });

const unlaunched = (patch: Partial<Runner> = {}): Runner => {
  const { resourceId: _, ...runner } = aRunner({ times: { STARTING: NOW, CREATED: NOW }, ...patch });
  return runner;
};
const busy = (patch: Partial<Runner> = {}): Runner =>
  aRunner({ state: "BUSY", busyJobId: 7, busyProjectId: 1, pausedAt: NOW, ...patch });
const over = (patch: Partial<Runner> = {}): Runner => busy({ endedJobId: 7, endRequestedAt: NOW, ...patch });

type Row = [says: string, runner: Runner, facts: Partial<EndFacts>, expected: string | undefined];

const STARTING: readonly Row[] = [
  ["leaves one whose job waits", aRunner(), { ownJob: job() }, undefined],
  ["F-53: takes what is unknown for no reason", aRunner(), {}, undefined],
  ["ends one whose job ended", aRunner(), { ownJob: job({ status: "canceled" }) }, "its job ended"],
  [
    "ends one whose job runs elsewhere",
    aRunner(),
    { ownJob: elsewhere("running") },
    "its job runs on another runner",
  ],
  [
    "ends one whose job is assigned elsewhere",
    aRunner(),
    { ownJob: elsewhere("pending") },
    "its job runs on another runner",
  ],
  [
    "I-3: leaves one whose job is assigned to it, however long ago it began",
    aRunner(),
    { ownJob: here("pending"), now: NOW + PATIENCE + 1 },
    undefined,
  ],
  ["leaves one at the end of its patience", aRunner(), { ownJob: job(), now: NOW + PATIENCE }, undefined],
  [
    "F-36: ends one just after it",
    aRunner(),
    { ownJob: job(), now: NOW + PATIENCE + 1 },
    "no job came to it",
  ],
  [
    "counts its patience from the launch",
    aRunner({ times: { CREATED: NOW - HOUR, LAUNCHED: NOW } }),
    { ownJob: job(), now: NOW + PATIENCE },
    undefined,
  ],
  [
    "ends one that EC2 takes back",
    aRunner(),
    { ownJob: job(), isInterrupted: true },
    "its instance is taken back",
  ],
  [
    "leaves one that no carrier took at the end of two hours",
    unlaunched(),
    { ownJob: job(), now: NOW + 2 * HOUR },
    undefined,
  ],
  [
    "F-31: ends it just after them",
    unlaunched(),
    { ownJob: job(), now: NOW + 2 * HOUR + 1 },
    "no carrier took it",
  ],
  ["ends one that nobody knows", aRunner({ adopted: true }), {}, "nobody knows it"],
];

const BUSY: readonly Row[] = [
  ["leaves one whose job runs", busy(), { busyJob: here("running") }, undefined],
  ["F-53: takes what is unknown for no reason", busy(), {}, undefined],
  ["leaves an adopted one that runs a job", busy({ adopted: true }), { busyJob: here("running") }, undefined],
  ["ends one whose job ended", busy(), { busyJob: here("success") }, "its job ended"],
  ["ends one whose job was taken away", busy(), { busyJob: job() }, "its job was given to another runner"],
  [
    "ends one whose job was given to another",
    busy(),
    { busyJob: elsewhere("running") },
    "its job was given to another runner",
  ],
  ["I-3: leaves one whose job is assigned to it again", busy(), { busyJob: here("pending") }, undefined],
  [
    "I-3: leaves one that is not paused: another job may come to it",
    aRunner({ state: "BUSY", busyJobId: 7 }),
    { busyJob: job() },
    undefined,
  ],
  ["I-3: leaves one in its lifetime", busy(), { busyJob: here("running"), now: NOW + LIFETIME }, undefined],
  [
    "I-23: ends one past it",
    busy(),
    { busyJob: here("running"), now: NOW + LIFETIME + 1 },
    "past its lifetime",
  ],
  [
    "counts its lifetime from when its record was made where no launch is noted",
    busy({ times: { CREATED: NOW } }),
    { now: NOW + LIFETIME + 1 },
    "past its lifetime",
  ],
];

const WITHOUT_GITLAB: readonly Row[] = [
  ["waits for half an hour", over(), { now: NOW + 30 * MINUTE - 1 }, undefined],
  ["I-20: then ends it", over(), { now: NOW + 30 * MINUTE }, "its job ended"],
  ["I-3: leaves one that has another job by now", over({ busyJobId: 8 }), { now: NOW + HOUR }, undefined],
  [
    "I-3: leaves one whose end GitLab never told",
    busy({ endRequestedAt: NOW }),
    { now: NOW + HOUR },
    undefined,
  ],
  ["I-3: leaves one whose end nobody asked for", busy({ endedJobId: 7 }), { now: NOW + HOUR }, undefined],
];

const OVER: readonly Row[] = [
  ["goes on with an end", aRunner({ state: "ENDING", reason: "its job ended" }), {}, "its job ended"],
  ["goes on with one whose reason is not known", aRunner({ state: "ENDING" }), {}, "its end is under way"],
  ["comes back for a record", aRunner({ state: "GONE" }), {}, "its record is left"],
  ["leaves what is gone", aRunner({ state: "GONE", recordDeletedAt: NOW }), {}, undefined],
  ["F-37: needs no other reason than a dead instance", busy(), { isDead: true }, "its instance is gone"],
];

describe.each([
  ["a runner without a job yet", STARTING],
  ["a runner with a job", BUSY],
  ["a runner whose job is over while GitLab does not answer", WITHOUT_GITLAB],
  ["a runner that ends", OVER],
])("%s", (_, rows) => {
  it.each(rows)("%s", (_says, runner, facts, expected) => {
    expect(whyEnd({ runner, isDead: false, now: NOW, ...facts })).toBe(expected);
  });
});
