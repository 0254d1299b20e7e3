import { GetRoleCommand, TagRoleCommand, UntagRoleCommand } from "@aws-sdk/client-iam";
import { SHELL_TAG } from "../../Core/configuration";
import type { Context } from "../context";
import { type Deployment, output } from "../deployment";

const ON = "on";

/** The instances' role, by its name without its path. */
const roleName = (deployment: Deployment): string =>
  output(deployment, "RunnerInstanceRoleArn").split("/").at(-1) ?? "";

/** Whether the tag is there on which the role's right to Session Manager depends. */
export const roleMayShell = async ({ clients }: Context, deployment: Deployment): Promise<boolean> => {
  const { Role } = await clients.iam().send(new GetRoleCommand({ RoleName: roleName(deployment) }));
  return (Role?.Tags ?? []).some(({ Key, Value }) => Key === SHELL_TAG && Value === ON);
};

/** Gives the role the tag, or takes it away. An update of the stack leaves it alone: the template does not name it. */
export const setRoleTag = async (
  { clients }: Context,
  deployment: Deployment,
  isAllowed: boolean,
): Promise<void> => {
  const RoleName = roleName(deployment);
  if (isAllowed) {
    await clients.iam().send(new TagRoleCommand({ RoleName, Tags: [{ Key: SHELL_TAG, Value: ON }] }));
    return;
  }
  await clients.iam().send(new UntagRoleCommand({ RoleName, TagKeys: [SHELL_TAG] }));
};
