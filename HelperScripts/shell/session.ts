import type { Context, ExitCode } from "../context";
import { CLONE } from "../deploy/answers/kept-answers";
import type { Deployment } from "../deployment";
import type { ShellTarget } from "./refusals";

/** CloudTrail keeps the reason with the event StartSession. */
export const sessionCommand = (
  { env }: Pick<Context, "env">,
  { home }: Deployment,
  { instanceId, jobId }: ShellTarget,
): readonly string[] => [
  ...["aws", "ssm", "start-session", "--target", instanceId, "--region", home.region],
  ...["--reason", `GitLab job ${jobId}`],
  ...(env.AWS_PROFILE ? ["--profile", env.AWS_PROFILE] : []),
];

const NO_SUCH_PROGRAM = 127;

/** Whether the AWS CLI is here, and the plugin that it needs for sessions. */
export const canOpenSessions = async ({ runProgram }: Pick<Context, "runProgram">): Promise<boolean> => {
  const calls = ["aws", "session-manager-plugin"].map((program) =>
    runProgram({ program, args: ["--version"], cwd: CLONE }),
  );
  return (await Promise.all(calls)).every(({ exitCode }) => exitCode !== NO_SUCH_PROGRAM);
};

/** Hands the terminal over until the shell is left. */
export const openSession = async (
  { runInteractive }: Pick<Context, "runInteractive">,
  [program = "", ...args]: readonly string[],
): Promise<ExitCode> => ((await runInteractive({ program, args, cwd: process.cwd() })) === 0 ? 0 : 1);
