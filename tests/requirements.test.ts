import { readText } from "./repository-files";

/** The Python packages that the laptop and the tests run, as pip installs them: by version and hash. */
const ROOMS = ["local/setup", "tests/independent-clients", "tests/second-opinion"];

/** `name==version` of each line that begins a requirement, with the lines that belong to it. */
const requirements = (text: string): readonly string[] =>
  text
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

const pinned = (line: string): string => /^[a-z0-9-]+==\S+/.exec(line)?.[0] ?? "";
const unsafe = (text: string): readonly string[] =>
  requirements(text).filter((line) => !/^[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}/.test(line));

describe.each(ROOMS)("%s/requirements.txt", (room) => {
  const locked = readText(`${room}/requirements.txt`);

  it("S-20 T-24: names every package by its version and hashes, and no index", () => {
    expect(requirements(locked).length).toBeGreaterThan(10);
    expect(unsafe(locked)).toEqual([]);
    expect(locked).not.toContain("://");
  });

  it("holds what requirements.in asks for", () => {
    const wanted = requirements(readText(`${room}/requirements.in`));
    expect(wanted.length).toBeGreaterThan(2);
    expect(requirements(locked).map(pinned)).toEqual(expect.arrayContaining([...wanted]));
  });
});

it.each([
  "a==1.0",
  "a>=1.0 --hash=sha256:0",
  "-r other.txt",
  "git+https://example.com/a.git",
  "a @ file:///a",
])("S-27: refuses %s", (line) => expect(unsafe(`${line}\n`)).toEqual([line]));
