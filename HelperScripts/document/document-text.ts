import { isUtf8 } from "node:buffer";

/** A file's text, or why its bytes are none: `line` and `column` count from 1. */
export type DecodedText =
  | { readonly text: string }
  | { readonly problem: string; readonly line: number; readonly column: number };

const UTF16_MARKS: readonly (readonly [first: number, second: number, encoding: string])[] = [
  [0xff, 0xfe, "utf-16le"],
  [0xfe, 0xff, "utf-16be"],
];

const decoded = (bytes: Uint8Array, encoding: string): string | undefined => {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

/** Whether the bytes up to `end` are UTF-8, a character cut off at the end aside. */
const isGoodUntil = (bytes: Uint8Array, end: number): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
    return true;
  } catch {
    return false;
  }
};

/** How many bytes are good UTF-8; by halves, for a prefix of good bytes is good. */
const goodLength = (bytes: Uint8Array): number => {
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isGoodUntil(bytes, middle)) good = middle;
    else bad = middle;
  }
  return good;
};

const notUtf8 = (bytes: Uint8Array): DecodedText => {
  const before = new TextDecoder().decode(bytes.subarray(0, goodLength(bytes))).replace(/\ufffd$/, "");
  const lines = before.split("\n");
  return {
    problem: "this byte is not UTF-8: save the file as UTF-8",
    line: lines.length,
    column: (lines.at(-1)?.length ?? 0) + 1,
  };
};

const first = (problem: string): DecodedText => ({ problem, line: 1, column: 1 });

/** JSON begins with ASCII, so a zero byte beside it tells UTF-16 or UTF-32 without a mark. */
const looksLikeUtf16 = (bytes: Uint8Array): boolean => bytes.length > 1 && bytes.subarray(0, 4).includes(0);

/** Reads a document's bytes: UTF-8, or UTF-16 with a byte order mark, as Windows' tools write it. */
export const documentText = (bytes: Uint8Array): DecodedText => {
  const mark = UTF16_MARKS.find(([one, two]) => bytes[0] === one && bytes[1] === two);
  if (mark) {
    const text = decoded(bytes, mark[2]);
    return text === undefined
      ? first("the file begins as UTF-16 and goes on as something else: save it as UTF-8")
      : { text };
  }
  if (looksLikeUtf16(bytes)) return first("the file is UTF-16 or UTF-32: save it as UTF-8");
  return isUtf8(bytes) ? { text: new TextDecoder().decode(bytes) } : notUtf8(bytes);
};
