import { readdirSync } from "node:fs";
import { LambdaRunner, type Options } from "../../tests/gitlab-runner/lambda-runner";

let runner: LambdaRunner;
const open = async (options: Options = {}): Promise<LambdaRunner> => {
  runner = await LambdaRunner.open(options);
  return runner;
};

beforeEach(() => jest.spyOn(process.stdout, "write").mockReturnValue(true));
afterEach(async () => {
  jest.restoreAllMocks();
  await runner.close();
});

const said = (): string =>
  jest
    .mocked(process.stdout.write)
    .mock.calls.map(([text]) => text)
    .join("");

describe("one job", () => {
  it("runs the job, tells its outcome by the runner's log and leaves nothing behind", async () => {
    const { gitlab, root } = await open();
    gitlab.push({ id: 7, script: ["echo hello", "exit 3"] });
    await expect(runner.invoke(12)).resolves.toMatchObject({
      kind: "job-ended",
      jobId: 7,
      status: "failed",
      failureReason: "script_failure",
      exitCode: 3,
      interrupted: false,
    });
    expect(gitlab.state(7)).toBe("failed");
    expect(gitlab.trace(7)).toContain("hello");
    expect(readdirSync(root)).toEqual([]);
    expect(said()).toContain('"code":"RUNNER_ENDED"');
  });
});
