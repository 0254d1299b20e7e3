import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { renderPage } from "./page";

const page = async () => {
  const response = await renderPage("glpat-local-0123");
  return { html: await response.text(), policy: response.headers.get("content-security-policy") ?? "" };
};

it("is one file: its style, its script and the access token are in it, and nothing is loaded", async () => {
  const { html } = await page();
  expect(html).toContain('content="glpat-local-0123"');
  expect(html).toContain("prefers-color-scheme: dark");
  expect(html).toContain("setTimeout(keepRefreshing");
  expect(html).not.toMatch(/STYLE|SCRIPT \*|"NONCE"|ACCESS_TOKEN/);
  const sources = [...html.matchAll(/\b(?:src|href)\s*=\s*"([^"]*)"/g)].map((match) => match[1]);
  expect(sources.filter((source) => !/^(#|data:)/.test(source ?? ""))).toEqual([]);
});

it("F-60: lets the browser run its own script alone and refuse markup made of texts", async () => {
  const { html, policy } = await page();
  const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? "none";
  expect(html).toContain(`<script nonce="${nonce}">`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain("unsafe");
  expect((await page()).policy).not.toBe(policy);
});

it("has a script that passes the type check", () => {
  const tsc = join(__dirname, "../../../node_modules/.bin/tsc");
  const { stdout, status } = spawnSync(tsc, ["-p", join(__dirname, "browser")], { encoding: "utf8" });
  expect([status, stdout]).toEqual([0, ""]);
}, 60_000);
