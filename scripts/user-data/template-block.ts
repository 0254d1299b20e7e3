/** A name between two `@` in the shell file: `@AWS::Region@` is what CloudFormation writes as `${AWS::Region}`. */
const PLACEHOLDER = /@([A-Z][\w:.]*)@/g;

const BEGIN = "# BEGIN Ec2Runner/user-data.sh: change that file and run `npm run user-data`";
const END = "# END Ec2Runner/user-data.sh";
const BLOCK = new RegExp(`^( *)${BEGIN}\n[^]*?^ *${END}$`, "m");

/**
 * The script with its placeholders replaced.
 *
 * @param valueFor takes the name of a placeholder, e.g. `AWS::Region`
 */
export const fillIn = (script: string, valueFor: (name: string) => string): string =>
  script.replace(PLACEHOLDER, (_, name: string) => valueFor(name));

const isPlaceholderLine = (line: string): boolean => line.search(PLACEHOLDER) >= 0;

/** The lines up to the last placeholder, and the rest, which CloudFormation takes as it is. */
const split = (script: string): readonly [string[], string[]] => {
  const lines = script.trimEnd().split("\n");
  const end = lines.findLastIndex(isPlaceholderLine) + 1;
  return [lines.slice(0, end), lines.slice(end)];
};

const indented = (lines: readonly string[], indent: string): string =>
  lines.map((line) => (line === "" ? "" : `${indent}${line}`)).join("\n");

const block = (script: string, indent: string): string => {
  const [head, rest] = split(script);
  // In the first part CloudFormation would replace the shell's own ${…} too.
  const expansion = head.find((line) => line.includes("${"));
  if (expansion !== undefined) throw new Error(`Write no \${ before the last placeholder: ${expansion}`);
  const text = `${indent}          `;
  return [
    `${indent}${BEGIN}`,
    `${indent}UserData: &userData`,
    `${indent}  Fn::Base64:`,
    `${indent}    Fn::Join:`,
    `${indent}      - ""`,
    `${indent}      - - !Sub |`,
    fillIn(indented(head, text), (name) => `\${${name}}`),
    `${indent}        - |`,
    indented(rest, text),
    `${indent}${END}`,
  ].join("\n");
};

/**
 * The template with the script between its two markers.
 *
 * @throws Error where the template lacks the markers, or the script has a shell expansion among its placeholders
 */
export const withUserData = (template: string, script: string): string => {
  if (!BLOCK.test(template)) throw new Error(`The template lacks the lines "${BEGIN}" and "${END}"`);
  return template.replace(BLOCK, (_, indent: string) => block(script, indent));
};
