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

/** Packages that a bundle asks for as soon as it, or a part of it that is loaded later, is loaded. */
const neededAtLoad = ({
  stack,
  entries,
  external,
  format,
}: (typeof functions)[number]): readonly string[] => {
  const { metafile } = buildSync({
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
  });
  return Object.values(metafile.outputs)
    .flatMap(({ imports }) => imports)
    .filter(
      ({ path, kind, external: isLeftOut }) => isLeftOut && kind === "import-statement" && !isBuiltin(path),
    )
    .map(({ path }) => path);
};

it.each(functions)("$id loads without the packages that its bundle leaves out", (one) => {
  expect([...new Set(neededAtLoad(one))]).toEqual([]);
});
