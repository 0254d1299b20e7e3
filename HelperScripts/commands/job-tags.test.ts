import { imageNotice } from "../../Core/gitlab-runner/image-notice";
import { DeploymentDouble, functionArn, NOW } from "../testing/deployment-double";
import { GITLAB, OperatorGitLabDouble } from "../testing/gitlab-double";
import { attempt, failedLookUp, order, runner } from "../testing/items";

const world = (): DeploymentDouble => {
  const made = new DeploymentDouble();
  made.setParameter("AccessToken", "glpat-secret-of-ours");
  Object.assign(made.environment, {
    INSTANCE_TYPES_ARM64: "m7g.xlarge,c7g.xlarge,m99g.4xlarge,r7g.xlarge",
    INSTANCE_TYPES_X86_64: "m7i.large",
  });
  made.functions.set(functionArn("default"), { MemorySize: 1024, Architectures: ["arm64"] });
  return made;
};

const DOCUMENT = "mapping.json";
const withDocument = (on: DeploymentDouble, document: object): DeploymentDouble => {
  on.files.set(DOCUMENT, JSON.stringify(document));
  return on;
};

describe("explain of a job that asks by its tags", () => {
  const explain = (on: DeploymentDouble, tags: string, ...more: readonly string[]) =>
    on.run(["explain", "--project", "42", "--job", "build", "--tags", tags, ...more]);

  it("shows the choice, why, and its price as far as it is known", async () => {
    const { exitCode, out } = await explain(world(), "aws:cpu=4,aws:spot=false,aws:disk=100");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/size +c7g\.xlarge, m7g\.xlarge, r7g\.xlarge \(arm64\), 100 GiB/);
    expect(out).toMatch(/bought +on-demand/);
    expect(out).toMatch(/tags +aws:cpu=4, aws:disk=100, aws:spot=false/);
    expect(out).toContain("the job's tags ask for aws:cpu=4, aws:spot=false, aws:disk=100.");
    expect(out).toMatch(
      /price +\$0.145 to \$0.163 an hour on-demand \(dated table, 2026-01-19\), without disk and address; unknown: r7g\.xlarge/,
    );
  });

  it("shows the image that it names", async () => {
    const on = world();
    const bounds = { images: { tools: { arm64: "ami-0123456789abcdef0" } } };
    on.mapping.put({ pk: "settings", sk: "settings", bounds });
    expect((await explain(on, "aws:image=tools")).out).toMatch(/image +ami-0123456789abcdef0/);
  });

  it("I-27: ends with 1 where they cannot be met", async () => {
    const wrong = await explain(world(), "aws:cpu=four");
    expect([wrong.exitCode, wrong.out]).toEqual([
      1,
      expect.stringContaining("aws:cpu=four: its value must be"),
    ]);
    const large = await explain(world(), "aws:cpu=64", "--json");
    expect([large.exitCode, JSON.parse(large.out).why.code]).toEqual([1, "beyond-bounds"]);
  });
});

describe("explain of a Lambda runner", () => {
  it.each([
    [
      undefined,
      /image +the function's own: "image" and "services" of a job are ignored, with a warning for "image"/,
    ],
    ["strict", /image +the function's own: a job with "image" fails, and "services" are ignored/],
  ])("says what becomes of image and services in class %s", async (className, text) => {
    const on = world();
    on.mapping.put({ pk: "class#strict", sk: "class", type: "LAMBDA", refuseImages: true });
    const row = { pk: "job#x", sk: "tags#a", type: "LAMBDA", arn: functionArn("default") };
    on.mapping.put({ ...row, ...(className ? { class: className } : {}) });
    const { out } = await on.run(["explain", "--project", "42", "--job", "x", "--tags", "a"]);
    expect(out).toMatch(text);
  });
});

describe("an allowed instance type of unknown size", () => {
  const document = { jobs: [] };

  it("is named by mapping check, with the stack, and by no check without one", async () => {
    const on = withDocument(world(), document);
    const checked = await on.run(["mapping", "check", DOCUMENT, "--stack-name", "gitlab-runners-autoscaler"]);
    expect(checked.exitCode).toBe(0);
    expect(checked.err).toContain("m99g.4xlarge, whose size is not known: no job gets it by its tags");
    expect((await on.run(["mapping", "check", DOCUMENT])).err).not.toContain("m99g");
  });

  it("is named by doctor", async () => {
    const { out } = await world().run(["doctor"]);
    expect(out).toContain("m99g.4xlarge, whose size is not known: no job gets it by its tags");
  });
});

describe("bounds that name a class", () => {
  const settings = { bounds: { classes: ["docker"] } };
  const docker = { type: "EC2", privileged: true };

  it("that the document lacks are a warning, with its line", async () => {
    const lacking = await withDocument(world(), { settings, jobs: [] }).run(["mapping", "check", DOCUMENT]);
    expect(lacking.err).toMatch(/mapping\.json:1:\d+: warning: settings .*"docker", which the mapping lacks/);
    const having = { settings, classes: { docker }, jobs: [] };
    expect((await withDocument(world(), having).run(["mapping", "check", DOCUMENT])).err).not.toContain(
      "docker",
    );
  });

  it("come back as they were with a pull", async () => {
    const on = world();
    const bounds = { cpu: 8, images: { tools: { x86_64: "ami-01234567" } }, classes: ["docker"] };
    on.mapping.put({ pk: "settings", sk: "settings", bounds });
    on.mapping.put({ pk: "class#docker", sk: "class", ...docker });
    const { out } = await on.run(["mapping", "pull"]);
    expect(JSON.parse(out).settings).toEqual({ bounds });
  });
});

describe("doctor on unmapped jobs", () => {
  it.each([
    ["DEFAULT", /also jobs whose tags mean other runners/],
    ["UNTAGGED", /those without tags get the default runner/],
    ["IGNORE", /are left to other runners/],
  ])("says what %s means", async (unmappedJobs, text) => {
    const on = world();
    on.mapping.put({ pk: "settings", sk: "settings", unmappedJobs });
    expect((await on.run(["doctor"])).out).toMatch(text);
  });
});

describe("why", () => {
  const tags = ["aws:cpu=4", "aws:memory=8"];

  it("tells the class as the job's tags chose it", async () => {
    const on = world();
    const runnerClass = {
      name: "default",
      type: "EC2",
      lifetimeSeconds: 3600,
      waitTimeoutSeconds: 120,
      maxRunners: 3,
      ec2: {
        architecture: "arm64",
        instanceTypes: ["c7g.xlarge", "m7g.xlarge"],
        market: "on-demand",
        diskGiB: 60,
        privileged: false,
      },
    } as const;
    const chosen = { ...order(7, runnerClass), tags, chosenByTags: true };
    on.putLedger(attempt(7, { order: chosen }, runnerClass));
    on.putLedger(runner(7, { order: chosen }, runnerClass));
    const { out } = await on.run(["why", "7"]);
    expect(out).toContain(
      "Its tags asked for it: c7g.xlarge, m7g.xlarge (arm64), 60 GiB, on-demand, of the class default.",
    );
    const json = JSON.parse((await on.run(["why", "7", "--json"])).out);
    expect(json.attempts[0].chosenByTags).toBe(true);
    expect(json.attempts[0].ec2).toEqual(runnerClass.ec2);
  });

  it.each([
    [
      "bad-tags",
      true,
      "its tags ask for no runner that there can be: The job's tag aws:x is unknown. No attempt follows.",
      "Correct the job's tags in .gitlab-ci.yml and run a new pipeline",
    ],
    [
      "beyond-bounds",
      undefined,
      "its tags ask for more than is allowed: The job's tag aws:x is unknown. All 3 attempts are used up.",
      "Ask for less in .gitlab-ci.yml and run a new pipeline",
    ],
  ] as const)("gives the code, the sentence and the remedy of %s", async (reason, isLast, what, remedy) => {
    const on = world();
    const changes = { reason, detail: "The job's tag aws:x is unknown", ...(isLast ? { isLast } : {}) };
    on.putLedger(failedLookUp(7, { ...changes, attempt: isLast ? 1 : 3, times: { FAILED: NOW - 1_000 } }));
    const { out } = await on.run(["why", "7"]);
    expect(out).toContain(what);
    expect(out).toContain(remedy);
    expect(out.includes("--again")).toBe(isLast === undefined);
    const { account } = JSON.parse((await on.run(["why", "7", "--json"])).out);
    expect(account).toMatchObject({ code: "given-up", reason });
  });
});

describe("why of a job on a Lambda runner", () => {
  const ended = (trace: string | undefined): DeploymentDouble => {
    const on = world();
    const gitLab = new OperatorGitLabDouble();
    gitLab.jobs = [{ id: 7, status: "failed", trace }];
    on.fetch = gitLab.fetch;
    on.setParameter("Url", GITLAB, "String");
    const times = { RUNNING: NOW - 60_000, ENDED: NOW - 30_000 };
    on.putLedger(attempt(7, { state: "ENDED", outcome: "failed", ranOnRunnerId: 1_007, times }));
    return on;
  };
  const wordsOf = (refuses: boolean): string =>
    /'((?:WARNING|ERROR): [^']+)'/.exec(imageNotice(refuses))?.[1] ?? "";

  it.each([
    [false, /It asks for the image python:3\.14-slim, which Lambda runners do not use/],
    [true, /It asks for the image python:3\.14-slim, and its class refuses such jobs/],
  ])("tells of an image that was not used, by the job's log; refused: %s", async (isRefused, text) => {
    const on = ended(`\u001b[33;1m${wordsOf(isRefused)}: python:3.14-slim\u001b[0;m\nJobs that`);
    expect((await on.run(["why", "7"])).out).toMatch(text);
    expect(JSON.parse((await on.run(["why", "7", "--json"])).out).unusedImage).toEqual({
      name: "python:3.14-slim",
      isRefused,
    });
  });

  it("tells of it where the job ran in a MicroVM's own shell, by the words that its runner writes there", async () => {
    const [, words = ""] = /'(WARNING: [^']+)'/.exec(imageNotice(false, "MICROVM")) ?? [];
    const on = ended(`${words}: python:3.14-slim`);
    const { runnerClass, ...order } = attempt(7, {}).order!;
    const microVm = { memoryMiB: 2048, executor: "shell", image: "alpine:3.22" } as const;
    const times = { RUNNING: NOW - 60_000, ENDED: NOW - 30_000 };
    const ran = { state: "ENDED", outcome: "failed", ranOnRunnerId: 1_007, times } as const;
    on.putLedger(
      attempt(7, { ...ran, order: { ...order, runnerClass: { ...runnerClass, type: "MICROVM", microVm } } }),
    );
    expect((await on.run(["why", "7"])).out).toMatch(
      /python:3\.14-slim, which a MicroVM's executor shell does not use/,
    );
  });

  it.each([["all is well"], [""], [undefined]])("says nothing of it when the log is %j", async (trace) => {
    const { exitCode, out } = await ended(trace).run(["why", "7"]);
    expect([exitCode, out]).toEqual([0, expect.not.stringContaining("image")]);
  });

  it("says all the rest when GitLab does not answer", async () => {
    const on = ended("");
    on.fetch = () => Promise.reject(new Error("ECONNREFUSED"));
    const { exitCode, out } = await on.run(["why", "7"]);
    expect([exitCode, out]).toEqual([0, expect.stringContaining("The job is over (failed)")]);
  });
});

describe("mapping upload", () => {
  it("offers jobs that asked for more than the bounds allowed, when the settings change", async () => {
    const on = withDocument(world(), { settings: { bounds: { disk: 900 } }, jobs: [] });
    on.putLedger(failedLookUp(7, { reason: "beyond-bounds" }));
    on.putLedger(failedLookUp(8, { reason: "configuration" }));
    const { err } = await on.run(["mapping", "upload", DOCUMENT, "--yes"]);
    expect(err).toContain("1 job (7) of these rows failed to start");
  });
});
