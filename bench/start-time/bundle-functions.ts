import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import {
  asList,
  asMap,
  at,
  ofType,
  parseTemplate,
  ROOT,
  STACKS,
  type Value,
} from "../../tests/templates/read-template";

export interface Bundle {
  /** The entry point's name, e.g. `look-up-runner`. */
  readonly name: string;
  readonly path: string;
  readonly kilobytes: number;
}

/** esbuild's options in the runner image's Dockerfile; those of the other functions are in the templates. */
const IMAGE_ENTRY = { stack: "LambdaShellRunner", entry: "src/handler.ts", target: "node24" };
const externalOfImage = (root: string): string[] => {
  const dockerfile = readFileSync(join(root, IMAGE_ENTRY.stack, "Dockerfile"), "utf8");
  return [...dockerfile.matchAll(/--external:(\S+)/g)].map(([, name = ""]) => name);
};

type Format = "cjs" | "esm";

/** SAM's defaults and the template's BuildProperties, as SAM passes them to esbuild. */
const options = (properties: Value | undefined): BuildOptions => ({
  target: String(at(properties, "Target") ?? "es2020"),
  format: at(properties, "Format") === "esm" ? "esm" : "cjs",
  splitting: at(properties, "Splitting") === true,
  mainFields: String(at(properties, "MainFields") ?? "main,module").split(","),
  keepNames: at(properties, "KeepNames") === true,
  legalComments: "none",
  external: asList(at(properties, "External")).map(String),
});

const ENDINGS: Readonly<Record<Format, string>> = { cjs: ".js", esm: ".mjs" };

/** Each bundle has a folder of its own, as on Lambda; its size is the sum of its files. */
const bundle = async (folder: string, name: string, file: string, entry: BuildOptions): Promise<Bundle> => {
  const ending = ENDINGS[entry.format === "esm" ? "esm" : "cjs"];
  const { metafile } = await build({
    outdir: join(folder, name),
    outExtension: { ".js": ending },
    bundle: true,
    minify: true,
    platform: "node",
    logLevel: "error",
    metafile: true,
    ...entry,
  });
  const bytes = Object.values(metafile?.outputs ?? {}).reduce((sum, output) => sum + output.bytes, 0);
  return { name, path: join(folder, name, `${file}${ending}`), kilobytes: Math.round(bytes / 1_024) };
};

interface Entry {
  readonly stack: string;
  readonly entry: string;
  readonly options: BuildOptions;
}

/** An older version may lack a stack. */
const entriesOf = (root: string, stack: string): readonly Entry[] => {
  if (!existsSync(join(root, stack, "template.yaml"))) return [];
  const template = parseTemplate(readFileSync(join(root, stack, "template.yaml"), "utf8"), stack);
  return ofType(template, "AWS::Serverless::Function").flatMap(({ attributes }) => {
    const properties = at(attributes.Metadata, "BuildProperties");
    return asList(asMap(properties).EntryPoints).map((entry) => ({
      stack,
      entry: String(entry),
      options: options(properties),
    }));
  });
};

const imageEntry = (root: string): Entry => ({
  ...IMAGE_ENTRY,
  options: {
    target: IMAGE_ENTRY.target,
    format: "cjs",
    mainFields: ["module", "main"],
    external: externalOfImage(root),
  },
});

const nameOf = ({ stack, entry }: Entry): string =>
  stack === IMAGE_ENTRY.stack ? "lambda-shell-runner" : basename(entry, ".ts");

/**
 * Bundles every function of the shipped templates as SAM does, and the runner image's as its Dockerfile does.
 *
 * @param root folder of the repository, or of another version of it
 */
export const bundleFunctions = async (folder: string, root = ROOT): Promise<readonly Bundle[]> => {
  const bundles: Bundle[] = [];
  for (const entry of [...STACKS.flatMap((stack) => entriesOf(root, stack)), imageEntry(root)]) {
    const where = { absWorkingDir: join(root, entry.stack), entryPoints: [entry.entry] };
    const file = basename(entry.entry, ".ts");
    bundles.push(await bundle(folder, nameOf(entry), file, { ...entry.options, ...where }));
  }
  return bundles;
};

const REFERENCES = {
  dynamodb: ["client-dynamodb", "DynamoDBClient", "GetItemCommand"],
  ssm: ["client-ssm", "SSMClient", "GetParametersCommand"],
} as const;
export type Reference = keyof typeof REFERENCES;

/**
 * Bundles one client with one command, with all that belongs to it: what a function with that client costs whose build leaves
 * nothing out.
 */
export const bundleReference = (folder: string, of: Reference): Promise<Bundle> => {
  const [module, client, command] = REFERENCES[of];
  const contents = `import { ${client}, ${command} } from "@aws-sdk/${module}";
    const client = new ${client}({ maxAttempts: 3, requestHandler: { connectionTimeout: 1000, requestTimeout: 4000 } });
    export const handler = () => [client, ${command}];`;
  const [alike] = entriesOf(ROOT, "AutoScaler");
  const stdin = { contents, resolveDir: ROOT, sourcefile: "reference.ts" };
  return bundle(folder, `one ${client}`, "stdin", { ...alike?.options, external: [], stdin });
};
