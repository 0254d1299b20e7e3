import { GetParametersByPathCommand, GetParametersCommand, type SSMClient } from "@aws-sdk/client-ssm";

/** What stands in Parameter Store, by full name: plain values. Secrets are read by `OperatorConfiguration`. */
export type StoredValues = ReadonlyMap<string, string>;

type Ssm = Pick<SSMClient, "send">;

interface Page {
  readonly Parameters?:
    | readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[]
    | undefined;
}

const entriesOf = ({ Parameters = [] }: Page): readonly (readonly [string, string])[] =>
  Parameters.map(({ Name = "", Value = "" }) => [Name, Value.trim()] as const);

/** Of these names. Those that are missing are left out. */
export const storedValues = async (client: Ssm, names: readonly string[]): Promise<StoredValues> =>
  new Map(entriesOf(await client.send(new GetParametersCommand({ Names: [...names] }))));

/** Of all names under a path, at any depth. */
export const storedUnder = async (client: Ssm, Path: string): Promise<StoredValues> => {
  const found = new Map<string, string>();
  let NextToken: string | undefined;
  do {
    const page = await client.send(new GetParametersByPathCommand({ Path, Recursive: true, NextToken }));
    for (const [name, value] of entriesOf(page)) found.set(name, value);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
};
