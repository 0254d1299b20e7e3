import type { Console } from "./console";

/** A part of a bar. */
export interface BarPart {
  readonly name: string;
  readonly value: number;
  /** Its value in words. */
  readonly text: string;
}

/** Terminals narrower than this get no longer bar either. */
const MAX_CHARACTERS = 60;
const MIN_CHARACTERS = 10;

/** Letters stand for the parts where a terminal shows no UTF-8, and tell them apart where it shows no colours. */
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const BLOCKS = ["█", "▓", "▒", "░"] as const;

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

/** Whole characters that sum to the width, which has one for each part at least: the greatest parts make up the difference. */
export const characters = (values: readonly number[], width: number): readonly number[] => {
  const all = sum(values);
  const counts = values.map((value) => Math.max(1, Math.floor((value / all) * width)));
  for (let difference = width - sum(counts); difference !== 0; difference -= Math.sign(difference)) {
    const greatest = counts.indexOf(Math.max(...counts));
    counts[greatest] = (counts[greatest] ?? 0) + Math.sign(difference);
  }
  return counts;
};

const fillOf = (isUnicode: boolean, index: number): string =>
  isUnicode ? (BLOCKS[index % BLOCKS.length] ?? "█") : (LETTERS[index % LETTERS.length] ?? "a");

/**
 * A bar of parts, one line, and a line for each part with its share. It fits the terminal; without UTF-8 it is plain ASCII.
 *
 * @param parts with values above 0
 */
export const bar = ({ width, isUnicode }: Console, parts: readonly BarPart[]): readonly string[] => {
  if (parts.length === 0) return [];
  const room = Math.max(MIN_CHARACTERS, Math.min(MAX_CHARACTERS, width));
  const values = parts.map(({ value }) => value);
  const counts = characters(values, Math.max(room, parts.length));
  const fills = parts.map((_, index) => fillOf(isUnicode, index));
  const all = sum(values);
  const widest = Math.max(...parts.map(({ text }) => text.length));
  return [
    fills.map((fill, index) => fill.repeat(counts[index] ?? 0)).join(""),
    ...parts.map(({ name, value, text }, index) => {
      const percent = `${Math.round((100 * value) / all)} %`.padStart(5);
      return `${fills[index]} ${text.padStart(widest)} ${percent}  ${name}`;
    }),
  ];
};
