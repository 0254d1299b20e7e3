import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";

export const PARAMETER_PAGE = "docs/stacks.md";

const STACKS = ["Infrastructure", "AutoScaler", "LambdaShellRunner", "MicroVmRunner"] as const;

interface Parameter {
  readonly Description?: string;
  readonly Default?: string | number;
  readonly AllowedValues?: readonly (string | number)[];
  readonly MinValue?: number;
  readonly MaxValue?: number;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

const allowed = ({ AllowedValues, MinValue, MaxValue }: Parameter): string => {
  if (AllowedValues !== undefined) return ` (${AllowedValues.map((value) => `\`${value}\``).join(", ")})`;
  return MinValue === undefined || MaxValue === undefined ? "" : ` (${MinValue} to ${MaxValue})`;
};

const defaultText = (value: Parameter["Default"]): string =>
  value === "" || value === undefined ? "empty" : `\`${value}\``;

/** The table of a template's parameters, with the template's descriptions. */
export const parameterTable = (templateText: string): string => {
  const template = parseDocument(templateText, { logLevel: "silent" }).toJS({ maxAliasCount: -1 }) as {
    Parameters: Record<string, Parameter>;
  };
  const rows = Object.entries(template.Parameters).map(
    ([name, parameter]) =>
      `| \`${name}\` | ${cell(defaultText(parameter.Default))} | ${cell(parameter.Description ?? "")}${cell(allowed(parameter))} |`,
  );
  return ["| parameter | default | |", "|---|---|---|", ...rows].join("\n");
};

/** The page with the tables of all stacks up to date. */
export const withTables = (page: string, folder: string): string =>
  STACKS.reduce((text, stack) => {
    const table = parameterTable(readFileSync(`${folder}/${stack}/template.yaml`, "utf8"));
    const block = new RegExp(`(<!-- parameters: ${stack} -->)[\\s\\S]*?(<!-- end of parameters -->)`);
    if (!block.test(text)) throw new Error(`${PARAMETER_PAGE} has no place for the parameters of ${stack}`);
    return text.replace(block, (_, begin: string, end: string) => `${begin}\n\n${table}\n\n${end}`);
  }, page);
