import { UsageError } from "../context";

/** What a deployment's name gives: its stacks, and where its parameters are in Parameter Store. */
export interface DeploymentNames {
  readonly name: string;
  /** Also the deployment id and the name of the event bus. */
  readonly infrastructure: string;
  readonly lambdaShellRunner: string;
  readonly microVmRunner: string;
  readonly autoScaler: string;
  readonly configurationPath: string;
}

export const DEFAULT_NAME = "gitlab-runners";
const DEFAULT_PATH = "/gitlabrunner";

/** Parameter Store keeps names that begin with /aws or /ssm for itself. */
const NAME = /^(?!aws|ssm)[a-z](-?[a-z0-9]){1,39}$/;

/** @throws UsageError when no stack can have the name */
export const deploymentNames = (name: string): DeploymentNames => {
  if (!NAME.test(name)) {
    throw new UsageError(
      `name is ${JSON.stringify(name)}: use 2 to 40 lower-case letters, digits and single hyphens, begin with a letter and not with aws or ssm, e.g. ${DEFAULT_NAME}`,
    );
  }
  return {
    name,
    infrastructure: `${name}-infrastructure`,
    lambdaShellRunner: `${name}-lambda-shell-runner`,
    microVmRunner: `${name}-microvm-runner`,
    autoScaler: `${name}-autoscaler`,
    configurationPath: name === DEFAULT_NAME ? DEFAULT_PATH : `/${name}`,
  };
};
