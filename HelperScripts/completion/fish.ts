import type { CommandWords, Suggestion } from "./command-tree";

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const pathOf = (path: readonly string[]): string => quoted(path.map((each) => ` ${each}`).join(""));

/** fish shows what stands after a tab as a description. */
const described = ({ word, description }: Suggestion): string =>
  quoted(description === "" ? word : `${word}\t${description}`);

const replies = ({ path, suggestions, valued }: CommandWords): string =>
  [
    `    case ${pathOf(path)}`,
    `      set valued ${valued.map(quoted).join(" ")}`,
    `      set list ${suggestions.map(described).join(" ")}`,
  ].join("\n");

/** A script for fish 3.5 and later: `runners`, and `npx runners`. */
export const fishCompletion = (commands: readonly CommandWords[]): string => `function __runners_replies
  set -l words (commandline -opc)
  if test (path basename -- $words[1]) = npx
    test "$words[2]" = runners; or return
    set -e words[1]
  end
  set -l at ''
  for word in $words[2..-1]
    switch "$at $word"
      case ${commands
        .filter(({ path }) => path.length > 0)
        .map(({ path }) => pathOf(path))
        .join(" ")}
        set at "$at $word"
    end
  end
  set -l valued
  set -l list
  switch "$at"
${commands.map(replies).join("\n")}
  end
  contains -- $words[-1] $valued; or printf '%s\\n' $list
end
for name in runners npx
  complete -c $name -a '(__runners_replies)'
end`;
