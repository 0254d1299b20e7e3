import type { Command } from "commander";

/** A word that may come next, and what it means. */
export interface Suggestion {
  readonly word: string;
  readonly description: string;
}

/** What may follow after a command, as the program itself defines it. */
export interface CommandWords {
  /** The commands before it, e.g. `["mapping", "check"]`; empty: the program. */
  readonly path: readonly string[];
  readonly suggestions: readonly Suggestion[];
  /** Its options after which a value stands, in every spelling. */
  readonly valued: readonly string[];
}

const spellings = ({ short, long }: { readonly short?: string; readonly long?: string }): readonly string[] =>
  [long, short].filter((each) => each !== undefined);

type Options = Command["options"];

/** Its own and those of the commands that it belongs to, which may stand after it as well. */
const allOptions = (command: Command): Options => [
  ...command.options,
  ...(command.parent === null ? [] : allOptions(command.parent)),
];

const optionsOf = (command: Command): Options =>
  allOptions(command).filter(({ hidden, long }) => !hidden && long !== "--version");

const HELP: Suggestion = { word: "--help", description: "explain the command" };

const suggestionsOf = (command: Command): readonly Suggestion[] => [
  ...command.commands.map((each) => ({ word: each.name(), description: each.description() })),
  ...command.registeredArguments.flatMap(({ argChoices = [] }) =>
    argChoices.map((word) => ({ word, description: "" })),
  ),
  ...optionsOf(command).map(({ long, short, description }) => ({ word: long ?? short ?? "", description })),
  HELP,
];

/** Every command of a program, the program first. */
export const commandWords = (command: Command, path: readonly string[] = []): readonly CommandWords[] => [
  {
    path,
    suggestions: suggestionsOf(command),
    valued: optionsOf(command)
      .filter(({ required }) => required)
      .flatMap(spellings),
  },
  ...command.commands.flatMap((child) => commandWords(child, [...path, child.name()])),
];
