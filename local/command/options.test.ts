import { parseOptions } from "./options";

describe("parseOptions", () => {
  it("serves the stand-in on a free port by default", () => {
    expect(parseOptions([])).toEqual({
      options: { headless: false, empty: false, verbose: false, newAccount: false },
    });
  });

  it("deploys nothing with --headless --empty", () => {
    expect(parseOptions(["--headless", "--empty"])).toMatchObject({
      options: { headless: true, empty: true },
    });
  });

  it.each([
    [["--empty"], "goes with '--headless'"],
    [["--headless", "--empty", "--webhook-token", "a-secret-of-ours"], "'--webhook-token' has no use"],
  ])("refuses %j", (args, why) => {
    expect(parseOptions(args)).toEqual({ text: expect.stringContaining(why), exitCode: 2 });
  });

  it("takes every option", () => {
    const args = [
      "--headless",
      "--new-account",
      "--port",
      "8080",
      "--gitlab",
      "https://gitlab.example.com/",
      "--webhook-token",
      "a-secret-of-ours",
    ];
    expect(parseOptions(args)).toEqual({
      options: {
        headless: true,
        empty: false,
        verbose: false,
        newAccount: true,
        port: 8080,
        gitlab: "https://gitlab.example.com",
        webhookToken: "a-secret-of-ours",
      },
    });
  });

  it.each([
    ["an unknown option", ["--frob"], "unknown option"],
    ["a port beyond the last", ["--port", "65536"], "1 to 65535"],
    ["a port that is none", ["--port", "8o"], "1 to 65535"],
    ["no port", ["--port"], "argument missing"],
    ["F-72: plain http to another machine", ["--gitlab", "http://gitlab.example.com"], "https://"],
    ["a token with a space", ["--webhook-token", "two words"], "printable"],
    ["a token that is short", ["--webhook-token", "short"], "8 to 255"],
    ["a word too many", ["serve"], "too many arguments"],
  ])("refuses %s as misuse", (_, args, why) => {
    expect(parseOptions(args)).toEqual({ text: expect.stringContaining(why), exitCode: 2 });
  });

  it("shows usage, options and examples as help", () => {
    const help = parseOptions(["--help"]);
    expect(help).toMatchObject({ exitCode: 0 });
    for (const part of ["Usage:", "Options:", "Examples:", "GITLAB_ACCESS_TOKEN"]) {
      expect("text" in help && help.text).toContain(part);
    }
  });
});
