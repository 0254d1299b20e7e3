import { UsageError } from "../../context";
import { deploymentNames } from "../names";
import { answersText, readAnswers } from "./answers";

const TOKEN = "glpat-0123456789";

const refusal = (document: unknown): string => {
  try {
    readAnswers(typeof document === "string" ? document : JSON.stringify(document));
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "taken";
};

describe("a document of answers", () => {
  it("is read whole, with project ids as numbers", () => {
    const document = {
      region: "eu-west-1",
      name: "ci",
      profile: "work",
      gitlabUrl: "https://gitlab.example.com/gitlab/",
      accessToken: TOKEN,
      setupToken: `${TOKEN}2`,
      projects: ["42", 43, "group/app", "group/sub/*", "42"],
      alarmEmail: "operators@example.com",
      runbookUrl: "https://gitlab.example.com/ops/runners/-/blob/main/docs/runbook.md",
      imageUri: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/runner:1.2",
    };
    expect(readAnswers(JSON.stringify(document))).toEqual({
      answers: {
        region: "eu-west-1",
        name: "ci",
        profile: "work",
        gitlabUrl: "https://gitlab.example.com/gitlab",
        projects: [42, 43, "group/app", "group/sub/*"],
        alarmEmail: "operators@example.com",
        runbookUrl: document.runbookUrl,
        imageUri: document.imageUri,
      },
      accessToken: TOKEN,
      setupToken: `${TOKEN}2`,
    });
  });

  it("may leave everything out", () => {
    expect(readAnswers("{}")).toEqual({ answers: {} });
  });

  it.each([
    ["yes", [2_048]],
    ["no", []],
    [
      [8_192, 512, 8_192],
      [8_192, 512],
    ],
  ])("asks for MicroVMs by %j", (microVm, sizes) => {
    const { answers } = readAnswers(JSON.stringify({ microVm }));
    expect(answers.microVm).toEqual(sizes);
    expect(readAnswers(answersText({ name: "ci", ...answers })).answers.microVm).toEqual(sizes);
  });

  it("is what is kept, so that a kept one can be given again", () => {
    const answers = {
      name: "ci",
      region: "eu-west-1",
      gitlabUrl: "https://gitlab.com",
      projects: [42],
      alarmEmail: "",
      runbookUrl: "docs/runbook.md",
    };
    expect(readAnswers(answersText(answers))).toEqual({ answers });
  });

  it.each([
    ["{", "The answers are not valid JSON"],
    ["[]", "The answers must be one object"],
    [{ acessToken: "x" }, 'There is no field "acessToken". Known: name, region'],
    [{ name: "My Runners" }, 'name is "My Runners": use 2 to 40 lower-case letters'],
    [{ name: "aws-runners" }, "begin with a letter and not with aws or ssm"],
    [{ name: 7 }, "name is"],
    [{ region: "Ireland" }, 'region is "Ireland": give an AWS region'],
    [{ gitlabUrl: "http://gitlab.example.com" }, "gitlabUrl is"],
    [{ gitlabUrl: 7 }, "gitlabUrl is 7: give GitLab's address"],
    [{ projects: "42" }, 'projects is "42": give a list'],
    [{ projects: ["app"] }, 'projects is "app": each is a project\'s id such as "42"'],
    [{ projects: [0] }, "projects is 0"],
    [{ alarmEmail: "a@b.c, d@e.f" }, "alarmEmail is"],
    [{ alarmEmail: 'a"@b.c' }, "alarmEmail is"],
    [{ runbookUrl: "wiki" }, "runbookUrl is"],
    [{ runbookUrl: "https://wiki.example.com/#runners" }, "without a # part"],
    [{ imageUri: "runner:1" }, "imageUri is"],
    [{ imageUri: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/runner" }, "with its tag or digest"],
    [
      { region: "us-east-1", imageUri: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/runner:1" },
      "push it to one in us-east-1",
    ],
    [{ microVm: true }, "microVm is true: give yes, no, or a list of sizes"],
    [{ microVm: [1024, 1536] }, "microVm is 1536: each size is one of 512, 1024, 2048"],
    [{ region: "eu-west-3", microVm: "yes" }, "eu-west-3 has no Lambda MicroVMs"],
    [{ accessToken: 7 }, "accessToken is not a token"],
  ])("%j is refused with its field and remedy", (document, expected) => {
    expect(refusal(document)).toContain(expected);
  });

  it.each([{ accessToken: "glpat secret" }, { setupToken: "glpat secret" }, { acessToken: "glpat secret" }])(
    "a refusal of %j shows no secret",
    (document) => {
      expect(refusal(document)).not.toContain('secret"');
      expect(refusal(document)).not.toContain("glpat");
    },
  );
});

describe("a deployment's name", () => {
  it("gives the names that samconfig.toml has, and the default path", () => {
    expect(deploymentNames("gitlab-runners")).toEqual({
      name: "gitlab-runners",
      infrastructure: "gitlab-runners-infrastructure",
      lambdaShellRunner: "gitlab-runners-lambda-shell-runner",
      microVmRunner: "gitlab-runners-microvm-runner",
      autoScaler: "gitlab-runners-autoscaler",
      configurationPath: "/gitlabrunner",
    });
  });

  it("gives another its own path", () => {
    expect(deploymentNames("team-2")).toMatchObject({
      autoScaler: "team-2-autoscaler",
      configurationPath: "/team-2",
    });
  });
});
