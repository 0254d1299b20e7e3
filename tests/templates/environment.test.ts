import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import { buildSync } from "esbuild";
import { ROUTING_VARIABLES } from "../../Core/routing/routing-settings";
import { asList, asMap, at, ofType, ROOT, readTemplate } from "./read-template";

// Bundling and checking take long on a busy machine.
jest.setTimeout(60_000);

const HANDLERS = join(ROOT, "AutoScaler/src/handlers");
/** Not in the functions' lists, since they are read at each call, and the last may be empty. */
const ROUTING = [...ROUTING_VARIABLES, "DEFAULT_RUNNER_ARN"];

const bundle = (file: string): string =>
  buildSync({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: "node",
    packages: "external",
    logLevel: "silent",
  })
    .outputFiles.map(({ text }) => text)
    .join("");

/** An environment with every variable, which records the names that are read. */
const notingEnvironment = (asked: Set<string>): NodeJS.ProcessEnv =>
  new Proxy<NodeJS.ProcessEnv>(
    {},
    {
      get: (_, name) => {
        asked.add(String(name));
        return "1";
      },
    },
  );

/** The variables that a function reads while its bundle is loaded. */
const readBy = (file: string): readonly string[] => {
  const text = bundle(file);
  const asked = new Set<string>(text.includes("parseRoutingSettings(process.env") ? ROUTING : []);
  const machine = Object.create(process, { env: { value: notingEnvironment(asked) } }) as NodeJS.Process;
  const module = { exports: {} as Record<string, unknown> };
  const load = compileFunction(text, ["require", "module", "exports", "process"]);
  load(createRequire(file), module, module.exports, machine);
  expect(typeof module.exports.handler).toBe("function");
  return [...asked].filter((name) => !name.startsWith("AWS_")).sort();
};

const functionsOf = (stack: string) =>
  ofType(readTemplate(stack), "AWS::Serverless::Function").map(({ id, attributes, properties }) => ({
    id,
    file: join(ROOT, stack, String(asList(at(attributes, "Metadata", "BuildProperties", "EntryPoints"))[0])),
    variables: Object.keys(asMap(at(properties, "Environment", "Variables"))).sort(),
  }));

const autoScaler = functionsOf("AutoScaler");

it.each([...autoScaler, ...functionsOf("Infrastructure")])(
  "gives $id the variables that it reads and no others",
  ({ file, variables }) => {
    expect(variables).toEqual(readBy(file));
  },
);

it("has a file for every function, and a function for every file that exports a handler", () => {
  const handlers = readdirSync(HANDLERS)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .filter((file) => /export const handler\b/.test(readFileSync(join(HANDLERS, file), "utf8")));
  expect(autoScaler.map(({ file }) => file.split("/").at(-1)).sort()).toEqual(handlers.sort());
});
