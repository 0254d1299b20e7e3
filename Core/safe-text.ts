/**
 * Text from outside (names, tags, logs, the answers of GitLab and AWS), made fit to be shown: the one set of characters
 * that could act on a terminal, a page or a log, or make a text look like another one. In its Unicode categories: controls,
 * format characters (direction, zero width, tags), lone surrogates, line and paragraph separators; and letters that have
 * no shape. https://www.unicode.org/reports/tr36/ and https://www.unicode.org/reports/tr9/
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u034f|\u17b4|\u17b5/gu;

const unit = (code: number): string => `\\u${code.toString(16).padStart(4, "0")}`;

/** As JSON and JavaScript write it: a character beyond 16 bits as two units. */
const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, index) => unit(character.charCodeAt(index))).join("");

/** On one line, for whatever shows text: `\u001b` in the place of an escape character. What is safe stays as it is. */
export const safe = (text: string): string => text.replace(UNSAFE, escaped);

const KEPT = ["\n", "\t"];

/** As `safe`, but lines and tabs stay. */
export const safeLines = (text: string): string =>
  text.replace(UNSAFE, (character) => (KEPT.includes(character) ? character : escaped(character)));

/** The same JSON value, of which nothing but its own layout acts on what shows it. */
export const safeJson = (json: string): string => safeLines(json);

// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences by which our own colours are made
const COLOUR = /(\u001b\[\d{0,3}(?:;\d{1,3})*m)/;

/** The last thing before a terminal: as `safeLines`, but colours stay, which are ours wherever the parts were safe. */
export const safeColoured = (text: string): string =>
  text
    .split(COLOUR)
    .map((part, index) => (index % 2 === 1 ? part : safeLines(part)))
    .join("");
