/** The parts of an ARN: `arn:aws:<service>:<region>:<account>:<resource>`. */
export interface ArnParts {
  readonly service: string;
  readonly account: string;
  readonly resource: string;
  /** The resource's kind before the first `/` or `:`, e.g. `function`. */
  readonly kind: string;
  /** What follows the kind, without a qualifier or an index. */
  readonly name: string;
}

export const partsOf = (arn: string): ArnParts => {
  const [, , service = "", , account = "", ...rest] = arn.split(":");
  const resource = rest.join(":");
  const [, kind = "", name = ""] = /^([^/:]*)[/:]?(.*)$/s.exec(resource) ?? [];
  return { service, account, resource, kind, name };
};
