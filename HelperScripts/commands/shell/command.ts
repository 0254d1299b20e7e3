import { Command } from "commander";
import { UsageError } from "../../context";
import type { JobAddress } from "../../start/job-address";
import { jobAddress } from "../arguments";
import { common, type RunCommand } from "../common";
import { allowShells } from "./allow";
import { type ShellOptions, shell } from "./shell";

export const shellCommand = (run: RunCommand): Command =>
  common(new Command("shell"))
    .description("open a shell on the EC2 runner of a running job, where class and role allow it")
    .argument("[job]", "the job's id, or its address in GitLab", jobAddress)
    .option("--print", "print the command instead of running it")
    .option("--allow", "let the runners' role use Session Manager, for instances launched afterwards")
    .option("--forbid", "take that right away again")
    .option("-y, --yes", "with --allow or --forbid: do not ask")
    .addHelpText(
      "after",
      `
Examples:
  $ npx runners shell --allow
  $ npx runners shell 3580121225

Off by default. It takes "shell": true in the class of the job's runner and --allow once for each deployment; a job on a
protected branch or tag, or one of which GitLab does not tell, gets none. The AWS CLI and its session-manager-plugin open it.
Each use is noted in the ledger before it begins (why shows it), and CloudTrail has the event StartSession.`,
    )
    .action((job: JobAddress | undefined, options: ShellOptions) =>
      run((context) => {
        const isSwitch = options.allow === true || options.forbid === true;
        if ((job === undefined) !== isSwitch || (options.allow && options.forbid))
          throw new UsageError("Give a job, or one of --allow and --forbid");
        return job === undefined
          ? allowShells(context, options, options.allow === true)
          : shell(context, job, options);
      }),
    );
