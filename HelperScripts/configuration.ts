import { DeleteParameterCommand, GetParametersCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { PARAMETERS } from "../Core/configuration";
import type { Context } from "./context";
import { type Deployment, output } from "./deployment";

/** A parameter as stored. */
export interface StoredParameter {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly changedAt?: number;
}

export type ParameterName = keyof typeof PARAMETERS;

/** The deployment's parameters under its configuration path. */
export class OperatorConfiguration {
  constructor(
    private readonly context: Context,
    readonly path: string,
  ) {}

  nameOf(parameter: ParameterName): string {
    return `${this.path}/${PARAMETERS[parameter]}`;
  }

  /** What is there of these; secrets come along, decrypted, and must not be shown. */
  async read(
    parameters: readonly ParameterName[],
  ): Promise<Readonly<Partial<Record<ParameterName, StoredParameter>>>> {
    const Names = parameters.map((parameter) => this.nameOf(parameter));
    const command = new GetParametersCommand({ Names, WithDecryption: true });
    const answer = await this.context.clients.ssm().send(command);
    const found = (answer.Parameters ?? []).map(({ Name, Type, Value, LastModifiedDate }) => ({
      name: Name ?? "",
      type: Type ?? "",
      value: Value?.trim() ?? "",
      ...(LastModifiedDate ? { changedAt: LastModifiedDate.getTime() } : {}),
    }));
    const entries = parameters.flatMap((parameter) => {
      const stored = found.find(({ name }) => name === this.nameOf(parameter));
      return stored ? [[parameter, stored] as const] : [];
    });
    return Object.fromEntries(entries);
  }

  async write(parameter: ParameterName, value: string, type: "String" | "SecureString"): Promise<void> {
    await this.context.clients
      .ssm()
      .send(
        new PutParameterCommand({ Name: this.nameOf(parameter), Value: value, Type: type, Overwrite: true }),
      );
  }

  async remove(parameter: ParameterName): Promise<void> {
    await this.context.clients.ssm().send(new DeleteParameterCommand({ Name: this.nameOf(parameter) }));
  }

  /** Whether new starts are on; absent means on. */
  async startsAreOn(): Promise<boolean> {
    const { starts } = await this.read(["starts"]);
    return starts?.value.toLowerCase() !== "off";
  }
}

export const configurationOf = (context: Context, deployment: Deployment): OperatorConfiguration =>
  new OperatorConfiguration(context, output(deployment, "ConfigurationPath"));
