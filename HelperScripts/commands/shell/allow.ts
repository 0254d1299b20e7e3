import { agreed, type Context, type ExitCode, show } from "../../context";
import { findDeployment } from "../../deployment";
import { roleMayShell, setRoleTag } from "../../shell/role-tag";
import type { ShellOptions } from "./shell";

const PLAN = {
  allow:
    'Instances that are launched from now on may be reached by Session Manager, where their class has "shell": true. Whoever may call ssm:StartSession can open them.',
  forbid: "Instances can no longer be reached by Session Manager; shells that are open may end at any time.",
} as const;

/** `shell --allow`, `shell --forbid`: the tag on which the role's right depends. */
export const allowShells = async (
  context: Context,
  options: ShellOptions,
  isAllowed: boolean,
): Promise<ExitCode> => {
  const deployment = await findDeployment(context.clients.cloudFormation(), options.stackName);
  if ((await roleMayShell(context, deployment)) === isAllowed) {
    show(context, options, { allowed: isAllowed, changed: false }, "It is so already.");
    return 0;
  }
  context.console.err(isAllowed ? PLAN.allow : PLAN.forbid);
  if (!(await agreed(context, options.yes, "Do this?"))) {
    context.console.err("Nothing was done.");
    return 1;
  }
  await setRoleTag(context, deployment, isAllowed);
  show(context, options, { allowed: isAllowed, changed: true }, isAllowed ? "Allowed." : "Forbidden.");
  return 0;
};
