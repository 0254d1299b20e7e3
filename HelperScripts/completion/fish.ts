import type { CommandWords, Suggestion } from "./command-tree";

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const line = (path: readonly string[], { word, description }: Suggestion): string => {
  const condition = quoted(`__runners_at ${path.join(" ")}`.trim());
  return `complete -c $name -n ${condition} -a ${quoted(word)}${description ? ` -d ${quoted(description)}` : ""}`;
};

const names = (commands: readonly CommandWords[]): string =>
  commands
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => quoted(path.join(" ")))
    .join(" ");

/** A script for fish: \`runners\`, and \`npx runners\`. */
export const fishCompletion = (commands: readonly CommandWords[]): string => `function __runners_at
  set -l words (commandline -opc)
  if test (path basename $words[1]) = npx
    test "$words[2]" = runners; or return 1
    set -e words[1]
  end
  set -l at
  for word in $words[2..-1]
    contains -- (string join ' ' $at $word) ${names(commands)}; and set -a at $word
  end
  test "$at" = "$argv"
end
for name in runners npx
${commands.flatMap(({ path, suggestions }) => suggestions.map((each) => `  ${line(path, each)}`)).join("\n")}
end`;
