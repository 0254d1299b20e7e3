import { safe } from "../../Core/safe-text";
import type { Console } from "../console/console";
import type { DocumentFinding, DocumentReading } from "./read-document";

const line = (file: string, { line, column, message }: DocumentFinding, word: string): string =>
  `${safe(file)}:${line}:${column}: ${word} ${safe(message)}`;

/** Errors and warnings, a line each, in the form that editors jump to. */
export const findingsText = ({ colours }: Console, file: string, reading: DocumentReading): string =>
  [
    ...reading.errors.map((each) => line(file, each, colours.red("error:"))),
    ...reading.warnings.map((each) => line(file, each, colours.yellow("warning:"))),
  ].join("\n");

export const findingsJson = ({ errors, warnings }: DocumentReading) => ({ errors, warnings });
