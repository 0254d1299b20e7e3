import { DEFAULT_PATH } from "../../../Core/gitlab-runner/child-environment";
import { command } from "./command";

const environmentOf = async (variables: Record<string, string>) =>
  Object.fromEntries(
    (await command(variables, ["env"]))
      .trim()
      .split("\n")
      .map((line) => line.split("=")),
  );

describe("a command", () => {
  it("I-13: has nothing of this program's environment but where commands and home are", async () => {
    const PATH = process.env.PATH ?? "";
    const given = { PATH, HOME: "/home/runner", TOKEN: "glrt-secret" };
    expect(await environmentOf(given)).toEqual({ PATH, HOME: "/home/runner", LANG: "C.UTF-8" });
  });

  it("is root's, in the usual folders, where nothing is said", async () => {
    expect(await environmentOf({ PATH: "", HOME: "" })).toEqual({
      PATH: DEFAULT_PATH,
      HOME: "/root",
      LANG: "C.UTF-8",
    });
  });

  it("is ended when it takes longer than it may", async () => {
    await expect(command({ PATH: process.env.PATH }, ["sleep", "20"], 50)).rejects.toMatchObject({
      signal: "SIGKILL",
    });
  });
});
