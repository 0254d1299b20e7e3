import type { CommandWords } from "./command-tree";
import { quoted } from "./quoted";

const pathOf = (path: readonly string[]): string => quoted(path.map((each) => ` ${each}`).join(""));

/** Into the next command, where there is one of the word's name. */
const steps = (commands: readonly CommandWords[]): string =>
  commands
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => pathOf(path))
    .join(" | ");

const replies = ({ path, suggestions, valued }: CommandWords): string =>
  `    ${pathOf(path)}) valued=${quoted(valued.join(" "))}; list=${quoted(suggestions.map(({ word }) => word).join(" "))} ;;`;

/** A script for bash: `runners`, and `npx runners`. It needs no other package, and starts no program. */
export const bashCompletion = (commands: readonly CommandWords[]): string => `_runners() {
  local at= list= valued= word first=1 current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  if [[ \${COMP_WORDS[0]##*/} == npx ]]; then
    [[ \${COMP_WORDS[1]} == runners ]] || return 0
    first=2
  fi
  ((COMP_CWORD >= first)) || return 0
  for word in "\${COMP_WORDS[@]:first:COMP_CWORD-first}"; do
    case "$at $word" in
      ${steps(commands)}) at+=" $word" ;;
    esac
  done
  case "$at" in
${commands.map(replies).join("\n")}
  esac
  if [[ " $valued " == *" $before "* ]]; then return 0; fi
  mapfile -t COMPREPLY < <(compgen -W "$list" -- "$current")
}
complete -o default -F _runners runners npx`;
