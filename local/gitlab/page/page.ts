import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The page's own script, bundled once; as a process, since esbuild's library does not work inside Jest. */
const bundle = async (): Promise<string> => {
  const esbuild = join(__dirname, "../../../node_modules/.bin/esbuild");
  const options = ["--bundle", "--format=iife", "--target=es2022", "--charset=ascii"];
  const { stdout } = await run(esbuild, [join(__dirname, "browser/main.ts"), ...options]);
  return stdout;
};

interface Parts {
  readonly html: string;
  readonly style: string;
  readonly script: string;
}

let parts: Promise<Parts> | undefined;

const readParts = async (): Promise<Parts> => {
  const [html, style, script] = await Promise.all([
    readFile(join(__dirname, "index.html"), "utf8"),
    readFile(join(__dirname, "style.css"), "utf8"),
    bundle(),
  ]);
  return { html, style, script };
};

/**
 * Nothing from elsewhere, no frame around it, and no text ever becomes markup: `require-trusted-types-for`
 * makes the browser refuse `innerHTML` and its like (F-60).
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

/** Puts the values where the page names them; each value stands as it is, without a second look. */
const fill = (html: string, values: Readonly<Record<string, string>>): string =>
  html.replace(
    /\/\* (STYLE|SCRIPT) \*\/|\b(NONCE|ACCESS_TOKEN)\b/g,
    (whole, part, word) => values[part ?? word] ?? whole,
  );

/** The page as one file: style, script and the access token are in it, nothing is loaded from anywhere. */
export const renderPage = async (accessToken: string): Promise<Response> => {
  parts ??= readParts();
  const { html, style, script } = await parts;
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
