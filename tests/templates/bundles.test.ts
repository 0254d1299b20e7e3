import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(__dirname, "../..");

/** What a template leaves out of its functions' bundles, and the files that they begin with. */
const buildsOf = (stack: string) => {
  const template = readFileSync(join(ROOT, stack, "template.yaml"), "utf8");
  const [, list = ""] = /External: &\w+ \[([^\]]+)\]/.exec(template) ?? [];
  return {
    external: list.split(",").map((name) => name.trim().replaceAll('"', "")),
    entryPoints: [...template.matchAll(/EntryPoints: \[([^\]]+)\]/g)].map(([, file = ""]) => file),
  };
};

interface Import {
  readonly path: string;
  readonly kind: string;
  readonly external?: boolean;
}

/** What the bundles of a stack import from elsewhere as soon as they are loaded. */
const importedAtStart = (stack: string): readonly string[] => {
  const { external, entryPoints } = buildsOf(stack);
  const folder = mkdtempSync(join(tmpdir(), "bundles-"));
  const metafile = join(folder, "meta.json");
  const settings = ["--bundle", "--platform=node", "--format=esm", "--splitting", "--target=node20"];
  const fields = [
    "--main-fields=module,main",
    "--log-level=error",
    `--outdir=${folder}`,
    `--metafile=${metafile}`,
  ];
  const left = external.map((name) => `--external:${name}`);
  const args = [...entryPoints, ...settings, ...fields, ...left];
  execFileSync(join(ROOT, "node_modules/.bin/esbuild"), args, { cwd: join(ROOT, stack) });
  const { outputs } = JSON.parse(readFileSync(metafile, "utf8")) as {
    readonly outputs: Readonly<Record<string, { readonly imports: readonly Import[] }>>;
  };
  rmSync(folder, { recursive: true });
  const all = Object.values(outputs).flatMap(({ imports }) => imports);
  const found = all.filter((one) => one.external && one.kind === "import-statement" && !isBuiltin(one.path));
  return [...new Set(found.map(({ path }) => path))];
};

it.each(["AutoScaler", "Infrastructure"])(
  "%s: what a bundle leaves out is imported by nothing that a function loads with it",
  (stack) => {
    expect(buildsOf(stack).entryPoints.length).toBeGreaterThan(2);
    expect(importedAtStart(stack)).toEqual([]);
  },
);
