import type { Runner, StartedRunner } from "../../../Core/model/ledger";
import { anOrphanRecord, aRunner, NOW } from "../testing/fakes/items";
import type { JobFacts } from "./end-order";
import { type EndFacts, terminationReason } from "./termination-reason";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Boot, installation, the class's wait and a minute. */
const TIMEOUT = (300 + 180 + 120 + 60) * SECOND;
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

const unlaunched = (patch: Partial<StartedRunner> = {}): Runner => {
  const { resourceId: _, ...runner } = aRunner({ times: { STARTING: NOW, CREATED: NOW }, ...patch });
  return runner;
};
const busy = (patch: Partial<StartedRunner> = {}): Runner =>
  aRunner({ state: "BUSY", busyJobId: 7, busyProjectId: 1, pausedAt: NOW, ...patch });
const over = (patch: Partial<StartedRunner> = {}): Runner =>
  busy({ endedJobId: 7, endRequestedAt: NOW, ...patch });

type Row = [says: string, runner: Runner, facts: Partial<EndFacts>, expected: string | undefined];

const STARTING: readonly Row[] = [
  ["leaves one whose job waits", aRunner(), { ownJob: job() }, undefined],
  ["F-53: takes what is unknown for no reason", aRunner(), {}, undefined],
  ["ends one whose job ended", aRunner(), { ownJob: elsewhere("canceled") }, "job-ended"],
  [
    "ends one whose job was canceled before any runner had it",
    aRunner(),
    { ownJob: job({ status: "canceled" }) },
    "job-canceled-before-pick-up",
  ],
  ["ends one whose job runs elsewhere", aRunner(), { ownJob: elsewhere("running") }, "no-longer-needed"],
  [
    "ends one whose job is assigned elsewhere",
    aRunner(),
    { ownJob: elsewhere("pending") },
    "no-longer-needed",
  ],
  [
    "I-3: leaves one whose job is assigned to it, however long ago it began",
    aRunner(),
    { ownJob: here("pending"), now: NOW + TIMEOUT + 1 },
    undefined,
  ],
  ["leaves one at the end of its time-out", aRunner(), { ownJob: job(), now: NOW + TIMEOUT }, undefined],
  ["F-36: ends one just after it", aRunner(), { ownJob: job(), now: NOW + TIMEOUT + 1 }, "no-job"],
  [
    "counts its time-out from the launch",
    aRunner({ times: { CREATED: NOW - HOUR, LAUNCHED: NOW } }),
    { ownJob: job(), now: NOW + TIMEOUT },
    undefined,
  ],
  [
    "ends one that EC2 takes back",
    aRunner(),
    { ownJob: job(), interruption: "spot-interruption" },
    "spot-interruption",
  ],
  [
    "leaves one that no provider took at the end of two hours",
    unlaunched(),
    { ownJob: job(), now: NOW + 2 * HOUR },
    undefined,
  ],
  [
    "F-31: ends it just after them",
    unlaunched(),
    { ownJob: job(), now: NOW + 2 * HOUR + 1 },
    "never-started",
  ],
  ["ends one that nobody knows", anOrphanRecord(), {}, "orphan-adopted"],
];

const BUSY: readonly Row[] = [
  ["leaves one whose job runs", busy(), { busyJob: here("running") }, undefined],
  ["F-53: takes what is unknown for no reason", busy(), {}, undefined],
  [
    "leaves an adopted one that runs a job",
    anOrphanRecord({ state: "BUSY", busyJobId: 7, busyProjectId: 1 }),
    { busyJob: here("running") },
    undefined,
  ],
  ["ends one whose job ended", busy(), { busyJob: here("success") }, "job-ended"],
  ["ends one whose job was taken away", busy(), { busyJob: job() }, "job-reassigned"],
  ["ends one whose job was given to another", busy(), { busyJob: elsewhere("running") }, "job-reassigned"],
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
    "lifetime-reached",
  ],
  [
    "counts its lifetime from the creation of its record when no launch is recorded",
    busy({ times: { CREATED: NOW } }),
    { now: NOW + LIFETIME + 1 },
    "lifetime-reached",
  ],
];

const WITHOUT_GITLAB: readonly Row[] = [
  ["waits for half an hour", over(), { now: NOW + 30 * MINUTE - 1 }, undefined],
  ["I-20: then ends it", over(), { now: NOW + 30 * MINUTE }, "job-ended"],
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
  ["goes on with an end", aRunner({ state: "ENDING", reason: "job-ended" }), {}, "job-ended"],
  ["goes on with one whose reason is not known", aRunner({ state: "ENDING" }), {}, "end-under-way"],
  ["comes back for a record", aRunner({ state: "GONE" }), {}, "record-remaining"],
  ["leaves what is gone", aRunner({ state: "GONE", recordDeletedAt: NOW }), {}, undefined],
  [
    "F-37: needs no other reason than a dead instance",
    busy(),
    { death: "instance-terminated" },
    "instance-terminated",
  ],
];

describe.each([
  ["a runner without a job yet", STARTING],
  ["a runner with a job", BUSY],
  ["a runner whose job is over while GitLab does not answer", WITHOUT_GITLAB],
  ["a runner that ends", OVER],
])("%s", (_, rows) => {
  it.each(rows)("%s", (_says, runner, facts, expected) => {
    expect(terminationReason({ runner, now: NOW, ...facts })).toBe(expected);
  });
});
