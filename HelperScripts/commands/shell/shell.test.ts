import { SHELL_REFUSALS } from "../../shell/refusals";
import { ACCOUNT, DeploymentDouble, REGION } from "../../testing/deployment-double";
import { GITLAB, OperatorGitLabDouble, TOKEN } from "../../testing/gitlab-double";
import { attempt, DOCKER_CLASS, order, runner } from "../../testing/items";

const JOB = 12;
const RUNNER = 1_012;
const INSTANCE = "i-0abc1234";
const WHO = `arn:aws:sts::${ACCOUNT}:assumed-role/operators/ada`;
const { ec2 } = DOCKER_CLASS;
const SHELL_CLASS = { ...DOCKER_CLASS, ...(ec2 ? { ec2: { ...ec2, shell: true } } : {}) };

/** A job that runs on a machine on which everything allows a shell. */
const prepare = () => {
  const on = new DeploymentDouble();
  const gitLab = new OperatorGitLabDouble();
  on.fetch = gitLab.fetch;
  on.setParameter("Url", GITLAB, "String");
  on.setParameter("AccessToken", TOKEN);
  const job = {
    id: JOB,
    name: "unit tests",
    status: "running",
    created_at: "2026-11-25T11:00:00Z",
    tag: false,
    ref: "feature/a",
    runner: { id: RUNNER },
  };
  gitLab.jobs = [job];
  gitLab.refs.set("branches/feature%2Fa", { protected: false });
  const ordered = { ...order(JOB, SHELL_CLASS), onProtectedRef: false };
  const ofRunner = { state: "BUSY", busyJobId: JOB, resourceId: INSTANCE, order: ordered } as const;
  on.putLedger(attempt(JOB, { state: "RUNNING", order: ordered }, SHELL_CLASS));
  on.putLedger(runner(JOB, ofRunner, SHELL_CLASS));
  on.answers.set("GetRoleCommand", () => ({ Role: { Tags: [{ Key: "glr:shell", Value: "on" }] } }));
  on.answers.set("GetCallerIdentityCommand", () => ({ Arn: WHO }));
  on.runProgram = () => ({ exitCode: 0, output: "1.2.3" });
  return { on, gitLab, job, ordered, ofRunner };
};

type Prepared = ReturnType<typeof prepare>;

const COMMAND = ["aws", "ssm", "start-session", "--target", INSTANCE, "--region", REGION];

const notes = ({ on }: Prepared) => on.ledger.rows().filter(({ kind }) => kind === "shell");

describe("shell", () => {
  it("T-31: notes who opens it, then hands the terminal to Session Manager", async () => {
    const played = prepare();
    const noted: number[] = [];
    played.on.before = () => void noted.push(notes(played).length);
    const { exitCode, err } = await played.on.run(["shell", String(JOB)], { answers: [] });
    expect([exitCode, err]).toEqual([0, `Noted: ${WHO} opens a shell on ${INSTANCE} for job ${JOB}.`]);
    expect(played.on.interactive.map(({ program, args }) => [program, ...args])).toEqual([
      [...COMMAND, "--reason", `GitLab job ${JOB}`],
    ]);
    expect(notes(played)).toMatchObject([
      { pk: "shell#12", by: WHO, instanceId: INSTANCE, at: "2026-11-25T12:00:00.000Z" },
    ]);
    expect((await played.on.run(["why", String(JOB)])).out).toContain(
      `${WHO} opened a shell on ${INSTANCE}.`,
    );
    const { shells } = JSON.parse((await played.on.run(["why", String(JOB), "--json"])).out);
    expect(shells).toEqual([
      { jobId: JOB, runnerId: RUNNER, instanceId: INSTANCE, by: WHO, at: "2026-11-25T12:00:00.000Z" },
    ]);
  });

  it("T-31: opens none where the ledger takes no note", async () => {
    const { on } = prepare();
    on.before = ({ command }) => {
      if (command === "PutItemCommand")
        throw Object.assign(new Error("no"), { name: "AccessDeniedException" });
    };
    expect((await on.run(["shell", String(JOB)], { answers: [] })).exitCode).toBe(1);
    expect(on.interactive).toEqual([]);
  });

  it.each([
    ["aws is missing", "aws", {}],
    ["the plugin is missing", "session-manager-plugin", {}],
  ])("prints the command where %s, and has noted it", async (_, missing) => {
    const played = prepare();
    played.on.runProgram = ({ program }) => ({ exitCode: program === missing ? 127 : 0, output: "" });
    const { out, err } = await played.on.run(["shell", String(JOB)], { answers: [] });
    expect(out).toBe([...COMMAND, "--reason", `'GitLab job ${JOB}'`].join(" "));
    expect(err).toContain("is not installed here");
    expect([played.on.interactive, notes(played).length]).toEqual([[], 1]);
  });

  it("gives the command as JSON, with the profile that was chosen", async () => {
    const { on } = prepare();
    const { out } = await on.run(["shell", String(JOB), "--json", "--profile", "work"]);
    expect(JSON.parse(out)).toEqual({
      jobId: JOB,
      projectId: 42,
      runnerId: RUNNER,
      instanceId: INSTANCE,
      command: [...COMMAND, "--reason", `GitLab job ${JOB}`, "--profile", "work"],
      opened: false,
    });
  });

  it.each<[keyof typeof SHELL_REFUSALS, string, (played: Prepared) => void]>([
    ["job-unknown", "the ledger does not know the job", ({ on }) => on.ledger.clear()],
    [
      "no-instance",
      "its runner is a Lambda function",
      ({ on }) => {
        on.putLedger(attempt(JOB, { state: "RUNNING" }));
        on.putLedger(runner(JOB, { state: "BUSY", busyJobId: JOB, resourceId: "environment" }));
      },
    ],
    [
      "class-without-shell",
      "its class allows none",
      ({ on, ofRunner, ordered }) =>
        on.putLedger(runner(JOB, { ...ofRunner, order: { ...ordered, runnerClass: DOCKER_CLASS } })),
    ],
    [
      "ref-protected",
      "its runner was made for a protected ref",
      ({ on, ofRunner, ordered }) =>
        on.putLedger(runner(JOB, { ...ofRunner, order: { ...ordered, onProtectedRef: true } })),
    ],
    [
      "ref-unknown",
      "nobody knew when its runner was made",
      ({ on, ofRunner }) => on.putLedger(runner(JOB, { ...ofRunner, order: order(JOB, SHELL_CLASS) })),
    ],
    [
      "ref-protected",
      "the branch has been protected since",
      ({ gitLab }) => gitLab.refs.set("branches/feature%2Fa", { protected: true }),
    ],
    ["ref-unknown", "the branch is gone", ({ gitLab }) => gitLab.refs.clear()],
    [
      "ref-unknown",
      "it is a merge request's",
      ({ job }) => Object.assign(job, { ref: "refs/merge-requests/1/head" }),
    ],
    ["ref-unknown", "GitLab names no ref", ({ job }) => Object.assign(job, { ref: null })],
    [
      "ref-unknown",
      "no access token is stored",
      ({ on }) => void on.parameters.delete("/gitlabrunner/AccessToken"),
    ],
    [
      "job-not-running",
      "the runner has another job",
      ({ on, ofRunner }) => on.putLedger(runner(JOB, { ...ofRunner, busyJobId: 13 })),
    ],
    [
      "job-not-running",
      "GitLab says that it is over",
      ({ job }) => Object.assign(job, { status: "success" }),
    ],
    [
      "job-not-running",
      "GitLab names another runner",
      ({ job }) => Object.assign(job, { runner: { id: 5 } }),
    ],
    [
      "role-without-tag",
      "no operator has allowed it",
      ({ on }) =>
        on.answers.set("GetRoleCommand", () => ({ Role: { Tags: [{ Key: "glr:shell", Value: "off" }] } })),
    ],
  ])("T-31: is refused with %s where %s, and nothing is noted", async (refused, _, put) => {
    const played = prepare();
    put(played);
    const { exitCode, out } = await played.on.run(["shell", String(JOB), "--json"]);
    expect([exitCode, JSON.parse(out)]).toEqual([1, { jobId: JOB, opened: false, refused }]);
    expect([played.on.interactive, notes(played)]).toEqual([[], []]);
    const { out: sentence } = await played.on.run(["shell", String(JOB)]);
    expect(sentence).toBe(`No shell for job ${JOB}: ${SHELL_REFUSALS[refused]}.`);
  });

  it.each([[["shell"]], [["shell", "12", "--allow"]], [["shell", "--allow", "--forbid"]]])(
    "is misused by %j",
    async (argv) => {
      expect((await prepare().on.run(argv)).exitCode).toBe(2);
    },
  );
});

describe("shell --allow and --forbid", () => {
  it.each([
    ["--allow", [], "TagRoleCommand", { Tags: [{ Key: "glr:shell", Value: "on" }] }],
    ["--forbid", [{ Key: "glr:shell", Value: "on" }], "UntagRoleCommand", { TagKeys: ["glr:shell"] }],
  ])("%s changes the role's tag, after a question", async (option, Tags, command, input) => {
    const { on } = prepare();
    on.answers.set("GetRoleCommand", () => ({ Role: { Tags } }));
    on.answers.set(command, () => ({}));
    expect((await on.run(["shell", option], { answers: [false] })).exitCode).toBe(1);
    expect(on.writes()).toEqual([]);
    const { out } = await on.run(["shell", option, "--yes", "--json"]);
    expect(JSON.parse(out)).toEqual({ allowed: option === "--allow", changed: true });
    expect(on.calls.at(-1)).toEqual({ command, input: { RoleName: "machines", ...input } });
  });

  it("changes nothing that is so already", async () => {
    const { on } = prepare();
    const { out } = await on.run(["shell", "--allow", "--json"]);
    expect(JSON.parse(out)).toEqual({ allowed: true, changed: false });
    expect(on.writes()).toEqual([]);
  });
});
