import { isBuiltin } from "node:module";
import { join } from "node:path";
import { buildSync, type Format } from "esbuild";
import { asList, at, ofType, ROOT, readTemplate } from "../templates/read-template";

// Bundling takes long on a busy machine.
jest.setTimeout(120_000);

const functions = ["AutoScaler", "Infrastructure"].flatMap((stack) =>
  ofType(readTemplate(stack), "AWS::Serverless::Function").map(({ id, attributes }) => {
    const build = (name: string) => at(attributes, "Metadata", "BuildProperties", name);
    return {
      id,
      stack,
      entries: asList(build("EntryPoints")).map(String),
      external: asList(build("External")).map(String),
      format: String(build("Format")) as Format,
    };
  }),
);

const outputsOf = ({ stack, entries, external, format }: (typeof functions)[number]) =>
  buildSync({
    absWorkingDir: join(ROOT, stack),
    entryPoints: entries,
    external,
    format,
    splitting: format === "esm",
    outdir: "bundles",
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
    logLevel: "silent",
  }).metafile.outputs;

/** Packages that a bundle asks for as soon as it, or a part of it that is loaded later, is loaded. */
const neededAtLoad = (one: (typeof functions)[number]): readonly string[] =>
  Object.values(outputsOf(one))
    .flatMap(({ imports }) => imports)
    .filter(
      ({ path, kind, external: isLeftOut }) => isLeftOut && kind === "import-statement" && !isBuiltin(path),
    )
    .map(({ path }) => path);

/** Sources that are loaded with a function, and not later; and what of Node. */
const loadedAtOnce = (one: (typeof functions)[number]) => {
  const outputs = outputsOf(one);
  const files = new Set(Object.keys(outputs).filter((file) => outputs[file]?.entryPoint === one.entries[0]));
  // What is added to a set while it is gone through is gone through too.
  for (const file of files)
    for (const { path, kind, external } of outputs[file]?.imports ?? [])
      if (kind === "import-statement" && !external) files.add(path);
  const loaded = [...files].map((file) => outputs[file]);
  return {
    sources: loaded.flatMap((output) =>
      Object.entries(output?.inputs ?? {}).flatMap(([file, { bytesInOutput }]) =>
        bytesInOutput > 0 ? file : [],
      ),
    ),
    ofNode: loaded
      .flatMap((output) => output?.imports ?? [])
      .filter(({ path, kind }) => kind === "import-statement" && isBuiltin(path))
      .map(({ path }) => path),
  };
};

it.each(functions)("$id loads without the packages that its bundle leaves out", (one) => {
  expect([...new Set(neededAtLoad(one))]).toEqual([]);
});

const clientsIn = (sources: readonly string[]): ReadonlySet<string> =>
  new Set(sources.flatMap((file) => /node_modules\/@aws-sdk\/(client-[a-z-]+)\//.exec(file)?.[1] ?? []));

// Two of them take a third longer than one, and what asks the second waits for the first: `npm run bench` has the times. The
// function of signed webhooks asks its clients at once, and has hardly more than them.
it.each(functions.filter(({ stack }) => stack === "AutoScaler"))(
  "$id loads one client of AWS at its start, and the others with its first call",
  (one) => {
    expect(clientsIn(loadedAtOnce(one).sources).size).toBe(1);
  },
);

const STARTING = functions.filter(({ id }) => /^Start\w+RunnerFunction$/.test(id));

it.each(STARTING)(
  "$id loads prices, and the certificate authorities that Node knows, only when they are needed",
  (one) => {
    const { sources, ofNode } = loadedAtOnce(one);
    expect(sources.some((file) => file.endsWith("start/launch-runner.ts"))).toBe(true);
    const ofPrices = sources.filter((file) => /\/pricing\//.test(file));
    expect(ofPrices).toEqual([]);
    // Its list of certificate authorities is made when it is imported.
    expect(ofNode).toContain("node:https");
    expect(ofNode).not.toContain("node:tls");
  },
);
