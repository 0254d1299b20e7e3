/** What a Lambda function's ARN says. */
export interface FunctionArn {
  readonly region: string;
  readonly account: string;
  readonly name: string;
}

/** Where a deployment lives: a runner function has to live there too. */
export interface Home {
  readonly region: string;
  readonly account: string;
}

const FUNCTION_ARN =
  /^arn:aws[a-z-]{0,20}:lambda:([a-z]{2,4}(?:-[a-z]{1,12}){1,3}-\d):(\d{12}):function:([A-Za-z0-9_-]{1,64})(?::[A-Za-z0-9_$-]{1,128})?$/;

/** Reads the ARN of a function, its version or alias; undefined for anything else (another service, a list, a name). */
export const parseFunctionArn = (value: unknown): FunctionArn | undefined => {
  const match = typeof value === "string" ? FUNCTION_ARN.exec(value) : null;
  const [, region, account, name] = match ?? [];
  return region && account && name ? { region, account, name } : undefined;
};

/** Why an ARN cannot be a runner of the deployment at `home`, with the remedy; undefined: it can. */
export const functionArnProblem = (value: unknown, home?: Home): string | undefined => {
  if (value === undefined || value === "") return "names no Lambda function: give the function's ARN";
  const arn = parseFunctionArn(value);
  if (arn === undefined) {
    return `has ${JSON.stringify(value)} where the ARN of a Lambda function belongs: arn:aws:lambda:<region>:<account>:function:<name>`;
  }
  if (home && (arn.region !== home.region || arn.account !== home.account)) {
    return `names a function in ${arn.region} of account ${arn.account}: it must be in ${home.region} of account ${home.account}, where AutoScaler is`;
  }
  return undefined;
};
