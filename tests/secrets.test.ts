import { spawnSync } from "node:child_process";
import { describeWith } from "./needs";
import { readText, repositoryFiles } from "./repository-files";

/** Forms of secrets that are told by their text alone, as their issuers document them. */
const FORMS: Readonly<Record<string, RegExp>> = {
  // https://docs.gitlab.com/security/tokens/#token-prefixes: 20 characters or more after the prefix.
  "a GitLab token": /\bgl(?:pat|rt|rtr|dt|cbt|ptt|ft|oas|soat|imt|agent|ffct)-[\w.-]{20,}/,
  "a GitLab registration token": /\bGR1348941[\w-]{20,}/,
  "a webhook's signing key": /\bwhsec_[A-Za-z0-9+/]{32,}/,
  "an AWS access key": /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/,
  "an AWS secret key": /secret_?access_?key["'\s:=]{1,6}[A-Za-z0-9/+]{40}\b/i,
  "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----/,
  "a GitHub token": /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,})/,
  "an npm token": /\bnpm_[A-Za-z0-9]{36}\b/,
  "a Slack token": /\bxox[abprs]-[\w-]{10,}/,
  "a signed token": /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/,
};

/** What has such a form and is none: published examples, by where they stand and how they begin. */
const EXAMPLES: readonly { readonly path: RegExp; readonly begins: string; readonly why: string }[] = [
  {
    path: /^Infrastructure\/src\/webhook-signature\.test\.ts$/,
    begins: "whsec_",
    why: "vectors of signatures",
  },
  {
    path: /^Core\/gitlab\/http-exchange\.test\.ts$/,
    begins: "-----BEGIN",
    why: "the key of a server on loopback, made for its test",
  },
  { path: /./, begins: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", why: "the specification's example" },
  { path: /./, begins: "AKIAIOSFODNN7EXAMPLE", why: "AWS's documented example" },
];

const isExample = (path: string, text: string): boolean =>
  EXAMPLES.some((example) => example.path.test(path) && text.startsWith(example.begins));

/** `path: a GitLab token`, without the token: a test's output is a log too. */
const secretsIn = (path: string, text: string): readonly string[] =>
  Object.entries(FORMS).flatMap(([what, form]) =>
    [...text.matchAll(new RegExp(form, `g${form.flags}`))]
      .filter(([found]) => !isExample(path, found))
      .map(() => `${path}: ${what}`),
  );

it("S-22: no file of the repository holds a secret", () => {
  expect(repositoryFiles().flatMap((path) => secretsIn(path, readText(path)))).toEqual([]);
});

/** Each file's added lines, over all commits. */
const history = (): readonly (readonly [path: string, lines: string])[] => {
  const options = ["--all", "-p", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--format="];
  const { stdout } = spawnSync("git", ["log", ...options], { cwd: __dirname, maxBuffer: 2 ** 30 });
  return stdout
    .toString()
    .split(/^\+\+\+ (?=b\/)/m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(2, end), part.slice(end).replaceAll(/^[^+].*$/gm, "")];
    });
};

const hasHistory = spawnSync("git", ["rev-parse", "HEAD"], { cwd: __dirname }).status === 0;
describeWith(hasHistory, "no git history")("the history", () => {
  it("S-22: no commit added a secret", () => {
    const added = history();
    expect(added.length).toBeGreaterThan(0);
    expect([...new Set(added.flatMap(([path, lines]) => secretsIn(path, lines)))]).toEqual([]);
  }, 60_000);
});

// Put together here, so that this file holds none.
it.each([
  ["a GitLab token", `token: glpat${"-x9".repeat(8)}`],
  ["a GitLab token", `"glrt${"-t1_".repeat(8)}"`],
  ["a GitLab registration token", `GR13${"48941abcdefghij-klmnopqrst"}`],
  ["a webhook's signing key", `whsec_${"aB3+".repeat(9)}=`],
  ["an AWS access key", `AKIA${"ABCDEFGHIJKLMNOP"}`],
  ["an AWS secret key", `aws_secret_access_key = ${"wJalrXUtnF".repeat(4)}`],
  ["a private key", `-----BEGIN OPENSSH ${"PRIVATE"} KEY-----`],
  ["a GitHub token", `ghp_${"a1B2".repeat(9)}`],
  ["an npm token", `//registry/:_authToken=npm_${"a1B2".repeat(9)}`],
  ["a Slack token", `xoxb-${"1234567890-abc"}`],
  ["a signed token", `eyJ${"hbGciOiJIUzI1NiJ9"}.eyJ${"zdWIiOiIxMjM0NTY3ODkwIn0"}.${"dozjgNryP4J3jVmN"}HlwQ`],
])("S-27: finds %s", (what, text) => {
  expect(secretsIn("some/file", text)).toEqual([`some/file: ${what}`]);
});
