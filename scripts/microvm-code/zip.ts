import { crc32 } from "node:zlib";

/** A file of an archive. */
export interface ZipEntry {
  /** Path in the archive, with `/`. */
  readonly name: string;
  readonly content: Buffer;
  readonly isExecutable?: boolean;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Made on Unix: the upper half of the attributes is a file's mode. */
const UNIX = 3 << 8;
/** 1980-01-01, the earliest that the format knows: the archive depends on nothing but its files. */
const DATE = 0x21;
const REGULAR = 0o100000;

const fields = (...values: readonly (readonly [value: number, bytes: 2 | 4])[]): Buffer =>
  Buffer.concat(
    values.map(([value, bytes]) => {
      const buffer = Buffer.alloc(bytes);
      buffer.writeUIntLE(value, 0, bytes);
      return buffer;
    }),
  );

/** What both headers of a file have: version, flags (names in UTF-8), stored, time, date, sum, sizes, length of the name. */
const common = ({ name, content }: ZipEntry): Buffer =>
  fields(
    ...([VERSION, 0x800, 0, 0, DATE] as const).map((value) => [value, 2] as const),
    ...([crc32(content), content.length, content.length] as const).map((value) => [value, 4] as const),
    [Buffer.byteLength(name), 2],
    [0, 2],
  );

const local = (entry: ZipEntry): Buffer =>
  Buffer.concat([fields([LOCAL, 4]), common(entry), Buffer.from(entry.name), entry.content]);

const central = (entry: ZipEntry, offset: number): Buffer => {
  const mode = (REGULAR | (entry.isExecutable ? 0o755 : 0o644)) * 0x10000;
  const rest = fields([0, 2], [0, 2], [0, 2], [mode, 4], [offset, 4]);
  return Buffer.concat([
    fields([CENTRAL, 4], [UNIX | VERSION, 2]),
    common(entry),
    rest,
    Buffer.from(entry.name),
  ]);
};

/**
 * An archive of files as they are, the same for the same files: its hash can be its name.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export const zipOf = (entries: readonly ZipEntry[]): Buffer => {
  const bodies = entries.map(local);
  let offset = 0;
  const directory = entries.map((entry, index) => {
    const header = central(entry, offset);
    offset += bodies[index]?.length ?? 0;
    return header;
  });
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = fields(
    [END, 4],
    [0, 2],
    [0, 2],
    [entries.length, 2],
    [entries.length, 2],
    [size, 4],
    [offset, 4],
    [0, 2],
  );
  return Buffer.concat([...bodies, ...directory, end]);
};
