import { type CommonOptions, type Context, type ExitCode, show } from "../../context";
import { type Deployment, findDeployment } from "../../deployment";
import { findMachine } from "../../shell/find-machine";
import { SHELL_REFUSALS, type ShellTarget } from "../../shell/refusals";
import { canOpenSessions, openSession, sessionCommand } from "../../shell/session";
import { noteShell } from "../../shell/shell-notes";
import { checkAddress } from "../../start/find-project";
import type { JobAddress } from "../../start/job-address";

export interface ShellOptions extends CommonOptions {
  readonly print?: boolean;
  readonly allow?: boolean;
  readonly forbid?: boolean;
  readonly yes?: boolean;
}

/** What is handed to the user where it cannot be run here. */
const printed = (
  context: Context,
  options: ShellOptions,
  target: ShellTarget,
  command: readonly string[],
): ExitCode => {
  const line = command.map((each) => (/^[\w./:@=-]+$/.test(each) ? each : `'${each}'`)).join(" ");
  show(context, options, { ...target, command, opened: false }, line);
  return 0;
};

const open = async (
  context: Context,
  deployment: Deployment,
  target: ShellTarget,
  options: ShellOptions,
): Promise<ExitCode> => {
  const command = sessionCommand(context, deployment, target);
  const isRunHere = !options.print && !options.json && context.console.isInteractive;
  const canRun = isRunHere && (await canOpenSessions(context));
  const note = await noteShell(context, deployment, target);
  context.console.err(`Noted: ${note.by} opens a shell on ${note.instanceId} for job ${note.jobId}.`);
  if (isRunHere && !canRun)
    context.console.err(
      "The AWS CLI or its session-manager-plugin is not installed here. Where they are, this opens the shell:",
    );
  return canRun ? openSession(context, command) : printed(context, options, target, command);
};

/** `shell JOB`: a shell on the machine of one running job. */
export const shell = async (
  context: Context,
  address: JobAddress,
  options: ShellOptions,
): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  await checkAddress(context, deployment, address);
  const { jobId } = address;
  const target = await findMachine(context, deployment, jobId);
  if (typeof target !== "string") return open(context, deployment, target, options);
  const sentence = `No shell for job ${jobId}: ${SHELL_REFUSALS[target]}.`;
  show(context, options, { jobId, opened: false, refused: target }, sentence);
  return 1;
};
