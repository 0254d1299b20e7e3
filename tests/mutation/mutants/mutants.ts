import { join, relative } from "node:path";
import { API } from "typescript/unstable/sync";
import { type CodeChange, changesIn } from "./mutators";

/** A change in a file of the production code. */
export interface Mutant extends CodeChange {
  /** The file's path from the repository's root. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The text that is replaced. */
  readonly was: string;
  /** Where and what it is, whatever else the file holds. */
  readonly name: string;
}

const lineOf = (text: string, position: number): number => text.slice(0, position).split("\n").length;

const mutantOf = (change: CodeChange, file: string, text: string): Mutant => {
  const was = text.slice(change.start, change.end);
  const name = JSON.stringify([file, change.kind, was]);
  return { ...change, file, line: lineOf(text, change.start), was, name };
};

/** Every mutant of the production code, as `tsconfig.json` beside this file names it, by TypeScript's own parser. */
export const readMutants = (root: string): readonly Mutant[] => {
  const api = new API({ cwd: root });
  try {
    const project = api.updateSnapshot({ openProject: join(__dirname, "tsconfig.json") }).getProjects()[0];
    if (project === undefined) throw new Error("TypeScript opened no project");
    return project.rootFiles.flatMap((path) => {
      const source = project.program.getSourceFile(path);
      if (source === undefined) return [];
      const { text } = source;
      const file = relative(root, path);
      return changesIn(source).map((change) => mutantOf(change, file, text));
    });
  } finally {
    api.close();
  }
};
