import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Bundles the page's script. It runs esbuild as a process, since its API does not work inside Jest. */
const bundle = async (): Promise<string> => {
  const esbuild = join(__dirname, "../../../node_modules/.bin/esbuild");
  const options = ["--bundle", "--format=iife", "--target=es2022", "--charset=ascii"];
  const { stdout } = await run(esbuild, [join(__dirname, "browser/main.ts"), ...options]);
  return stdout;
};

interface PageSources {
  readonly html: string;
  readonly style: string;
  readonly script: string;
}

let sources: Promise<PageSources> | undefined;

const readSources = async (): Promise<PageSources> => {
  const [html, style, script] = await Promise.all([
    readFile(join(__dirname, "index.html"), "utf8"),
    readFile(join(__dirname, "style.css"), "utf8"),
    bundle(),
  ]);
  return { html, style, script };
};

/**
 * The content security policy: no foreign resources, no frames, and no text that becomes markup. For the last,
 * `require-trusted-types-for` makes the browser refuse `innerHTML` and the like (F-60).
 */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");

/** Replaces the placeholders of the page by the values, in one pass: a value is not searched for placeholders. */
const fill = (html: string, values: Readonly<Record<string, string>>): string =>
  html.replace(
    /\/\* (STYLE|SCRIPT) \*\/|\b(NONCE|ACCESS_TOKEN)\b/g,
    (whole, part, word) => values[part ?? word] ?? whole,
  );

/** Renders the page as one file with its style, its script and the access token. It loads nothing else. */
export const renderPage = async (accessToken: string): Promise<Response> => {
  sources ??= readSources();
  const { html, style, script } = await sources;
  const nonce = randomBytes(16).toString("base64");
  return new Response(fill(html, { STYLE: style, SCRIPT: script, NONCE: nonce, ACCESS_TOKEN: accessToken }), {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy(nonce),
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
    },
  });
};
