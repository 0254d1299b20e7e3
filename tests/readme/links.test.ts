import { dirname, join, normalize } from "node:path";
import { readText, repositoryFiles } from "../repository-files";

/** Links within the repository: the file exists, and so does the heading that an anchor names. */

const files = repositoryFiles();
const pages = files.filter((path) => path.endsWith(".md"));

const withoutCode = (page: string): string =>
  page.replace(/^( *)```[\s\S]*?^\1```/gm, "").replace(/`[^`\n]*`/g, "");

/** A heading's anchor as GitLab makes it; GitHub's is the same for headings without a dash between spaces. */
const anchor = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
    .replaceAll(" ", "-")
    .replace(/-+/g, "-");

const anchorsOf = (page: string): ReadonlySet<string> =>
  new Set(
    [...page.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} (.+)$/gm)].map(([, text = ""]) =>
      anchor(text),
    ),
  );

/** Targets of `[text](target)`, `<img src="target">` and `[name]: target`, without URLs. */
const linksOf = (page: string): readonly string[] => {
  const text = withoutCode(page);
  return [/\]\(([^)\s]+)[^)]*\)/g, /\bsrc="([^"]+)"/g, /^\[[^\]]+\]: (\S+)/gm]
    .flatMap((form) => [...text.matchAll(form)].map(([, target = ""]) => target))
    .filter((target) => !/^([a-z]+:|\/\/)/i.test(target));
};

const exists = (path: string): boolean =>
  path === "." || files.some((file) => file === path || file.startsWith(`${path}/`));

/** The broken links of one page. `read` gives another page's text. */
const deadLinks = (path: string, text: string, read: (path: string) => string): readonly string[] =>
  linksOf(text).filter((link) => {
    const [file = "", hash] = link.split("#");
    const target = file === "" ? path : normalize(join(dirname(path), file)).replace(/\/$/, "");
    if (file !== "" && !exists(target)) return true;
    if (hash === undefined || !target.endsWith(".md")) return false;
    return !anchorsOf(target === path ? text : read(target)).has(hash);
  });

describe("links", () => {
  it.each(pages)("in %s lead to files and headings that exist", (path) => {
    expect(deadLinks(path, readText(path), readText)).toEqual([]);
  });

  it.each([
    "[a](gone.md)",
    "[a](docs/gone.md#x)",
    "[a](#gone)",
    "[a](docs/protocol.md#gone)",
    "![a](images/gone.png)",
    "[a]: gone.md",
  ])("are refused: %s", (text) => {
    expect(deadLinks("README.md", text, readText)).toHaveLength(1);
  });

  it.each([
    "[a](docs/protocol.md#a-runner)",
    "# What's *new*, and `old`\n[a](#whats-new-and-old)",
    "[a](docs)",
    "`[a](gone.md)`",
    "```\n[a](gone.md)\n```",
    "[a](https://example.com/gone.md#x)",
  ])("are accepted: %s", (text) => {
    expect(deadLinks("README.md", text, readText)).toEqual([]);
  });
});
