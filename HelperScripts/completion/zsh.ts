import type { CommandWords, Suggestion } from "./command-tree";
import { quoted } from "./quoted";

const pathOf = (path: readonly string[]): string => quoted(path.map((each) => ` ${each}`).join(""));

const described = ({ word, description }: Suggestion): string =>
  quoted(`${word.replaceAll(":", "\\:")}${description ? `:${description}` : ""}`);

const replies = ({ path, suggestions, valued }: CommandWords): string =>
  `    ${pathOf(path)}) valued=${quoted(valued.join(" "))}; list=(${suggestions.map(described).join(" ")}) ;;`;

/** A script for zsh, after its compinit: \`runners\`, and \`npx runners\`. */
export const zshCompletion = (commands: readonly CommandWords[]): string => `_runners() {
  local at= valued= word first=2
  local -a list
  if [[ \${words[1]:t} == npx ]]; then
    [[ \${words[2]} == runners ]] || { _default; return }
    first=3
  fi
  for word in "\${(@)words[first,CURRENT-1]}"; do
    case "$at $word" in
      (${commands
        .filter(({ path }) => path.length > 0)
        .map(({ path }) => pathOf(path))
        .join("|")}) at+=" $word" ;;
    esac
  done
  case "$at" in
${commands.map(replies).join("\n")}
  esac
  if [[ " $valued " == *" \${words[CURRENT-1]} "* ]]; then _default; return; fi
  _describe runners list || _default
}
compdef _runners runners npx`;
