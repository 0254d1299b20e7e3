import { mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import {
  asList,
  asMap,
  at,
  ofType,
  ROOT,
  readTemplate,
  STACKS,
  type Value,
} from "../tests/templates/read-template";

export interface Bundle {
  /** The entry point's name, e.g. `look-up-runner`. */
  readonly name: string;
  readonly path: string;
  readonly kilobytes: number;
}

/** What the runner image's Dockerfile tells esbuild; the other functions' properties stand in the templates. */
const IMAGE_ENTRY = { stack: "LambdaShellRunner", entry: "src/handler.ts", target: "node24" };

/** SAM's defaults and the template's BuildProperties, as SAM hands them to esbuild. */
const options = (properties: Value | undefined): BuildOptions => ({
  target: String(at(properties, "Target") ?? "es2020"),
  mainFields: String(at(properties, "MainFields") ?? "main,module").split(","),
  keepNames: at(properties, "KeepNames") === true,
  legalComments: "none",
});

const bundle = async (folder: string, stack: string, entry: string, more: BuildOptions): Promise<Bundle> => {
  const path = join(folder, stack, `${basename(entry, ".ts")}.js`);
  mkdirSync(join(folder, stack), { recursive: true });
  await build({
    absWorkingDir: join(ROOT, stack),
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    logLevel: "error",
    ...more,
  });
  const name = stack === IMAGE_ENTRY.stack ? "lambda-shell-runner" : basename(entry, ".ts");
  return { name, path, kilobytes: Math.round(statSync(path).size / 1_024) };
};

/** Bundles every function of the shipped templates as SAM does, and the runner image's as its Dockerfile does. */
export const bundleFunctions = async (folder: string): Promise<readonly Bundle[]> => {
  const functions = STACKS.flatMap((stack) =>
    ofType(readTemplate(stack), "AWS::Serverless::Function").flatMap(({ attributes }) => {
      const properties = at(attributes.Metadata, "BuildProperties");
      return asList(asMap(properties).EntryPoints).map((entry) => ({
        stack,
        entry: String(entry),
        properties,
      }));
    }),
  );
  const bundles: Bundle[] = [];
  for (const { stack, entry, properties } of functions)
    bundles.push(await bundle(folder, stack, entry, options(properties)));
  const { stack, entry, target } = IMAGE_ENTRY;
  const image = { target, mainFields: ["module", "main"], keepNames: true };
  return [...bundles, await bundle(folder, stack, entry, image)];
};
