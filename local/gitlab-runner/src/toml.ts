/** A value of the part of TOML that gitlab-runner's configuration uses. */
export type TomlValue = string | number | boolean | TomlValue[];
/** One `[[runners]]` entry or one table below it. */
export type TomlTable = Record<string, TomlValue>;

/** Tables by their dotted name, in the order of the file; an `[[array]]` gives one entry each time. */
export interface TomlSection {
  readonly name: string;
  readonly values: TomlTable;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", '"': '"', "\\": "\\" };

/**
 * Reads keys with strings (basic, literal, multi-line), whole numbers, booleans and arrays, below tables.
 * Dates, inline tables and dotted keys are not part of it.
 */
class TomlReader {
  private at = 0;
  constructor(private readonly text: string) {}

  sections(): TomlSection[] {
    const sections: TomlSection[] = [{ name: "", values: {} }];
    for (this.skipBlank(); this.at < this.text.length; this.skipBlank()) {
      if (this.text[this.at] === "[") sections.push({ name: this.header(), values: {} });
      else this.pair(sections.at(-1)?.values ?? {});
    }
    return sections;
  }

  private header(): string {
    const match = /^\[{1,2}\s*([\w.-]+)\s*\]{1,2}/.exec(this.text.slice(this.at));
    if (!match) return this.refuse("a table's name");
    this.at += match[0].length;
    return match[1] ?? "";
  }

  private pair(table: TomlTable): void {
    const match = /^(?:([\w-]+)|"([^"]*)")\s*=\s*/.exec(this.text.slice(this.at));
    const key = match?.[1] ?? match?.[2] ?? this.refuse("a key");
    this.at += match?.[0].length ?? 0;
    table[key] = this.value();
  }

  private value(): TomlValue {
    const rest = this.text.slice(this.at);
    for (const [mark, escapes] of [
      ['"""', true],
      ["'''", false],
      ['"', true],
      ["'", false],
    ] as const) {
      if (rest.startsWith(mark)) return this.string(mark, escapes);
    }
    if (rest.startsWith("[")) return this.array();
    const word = /^(true|false|[+-]?[\d_]+(?:\.\d+)?)/.exec(rest)?.[0];
    if (word === undefined) return this.refuse("a value");
    this.at += word.length;
    return word === "true" ? true : word === "false" ? false : Number(word.replaceAll("_", ""));
  }

  private string(mark: string, escapes: boolean): string {
    this.at += mark.length;
    if (mark.length === 3 && this.text[this.at] === "\n") this.at += 1;
    let value = "";
    while (!this.text.startsWith(mark, this.at)) {
      const char = this.text[this.at];
      if (char === undefined) return this.refuse(`the end of a string (${mark})`);
      value += escapes && char === "\\" ? this.escape() : char;
      this.at += 1;
    }
    this.at += mark.length;
    return value;
  }

  private escape(): string {
    this.at += 1;
    const char = this.text[this.at] ?? "";
    const digits = char === "u" ? 4 : char === "U" ? 8 : 0;
    if (digits === 0) return ESCAPES[char] ?? this.refuse("an escape");
    const code = Number.parseInt(this.text.slice(this.at + 1, this.at + 1 + digits), 16);
    this.at += digits;
    return String.fromCodePoint(code);
  }

  private array(): TomlValue[] {
    this.at += 1;
    const items: TomlValue[] = [];
    for (this.skipBlank(); this.text[this.at] !== "]"; this.skipBlank()) {
      items.push(this.value());
      this.skipBlank();
      if (this.text[this.at] === ",") this.at += 1;
      else if (this.text[this.at] !== "]") return this.refuse("a comma");
    }
    this.at += 1;
    return items;
  }

  private skipBlank(): void {
    this.at += /^(?:\s|#[^\n]*)*/.exec(this.text.slice(this.at))?.[0].length ?? 0;
  }

  private refuse(wanted: string): never {
    const line = this.text.slice(0, this.at).split("\n").length;
    throw new Error(`toml: line ${line}: expected ${wanted}`);
  }
}

/** @throws Error naming the line that is not understood */
export const parseToml = (text: string): TomlSection[] => new TomlReader(text).sections();
