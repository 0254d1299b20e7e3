import pc from "picocolors";
import { defined } from "../../Core/defined";
import { safeColoured } from "../../Core/safe-text";
import { IMAGE_URI } from "../engine/ministack";
import { type EmptyLaptop, type Laptop, startEmptyLaptop, startLaptop } from "../laptop/laptop";
import { limitsText, NEW_ACCOUNT } from "../limits/account-limits";
import { noticeWriter } from "../terminal/notices";
import { liveView, plainView, type View } from "../terminal/view";
import { writeEnvironmentFile } from "./environment-file";
import type { CommandOptions } from "./options";
import { Declined, realGitLab, webhookAdvice } from "./real-gitlab";
import { runSample } from "./run-sample";

type Write = (text: string) => void;

const toStdout: Write = (text) => void process.stdout.write(`${safeColoured(text)}\n`);
const toStderr: Write = (text) => void process.stderr.write(`${safeColoured(text)}\n`);

const isDeployed = (laptop: Laptop | EmptyLaptop): laptop is Laptop => "webhook" in laptop;

/** The line from which another program learns all addresses. */
const readyLine = (laptop: Laptop | EmptyLaptop): string =>
  JSON.stringify({
    ...(isDeployed(laptop) ? { webhook: laptop.webhook, token: laptop.webhookToken } : {}),
    gitlab: laptop.gitlabUrl,
    ...defined({ accessToken: laptop.standIn?.accessToken }),
    endpoint: laptop.aws.endpoint,
    imageUri: IMAGE_URI,
    env: laptop.env,
  });

const nextSteps = (laptop: Laptop): string => {
  const { standIn } = laptop;
  if (!standIn) return webhookAdvice(laptop.webhook, laptop.webhookToken);
  const body = '{"jobs":[{"name":"hello","script":["echo hello"]}]}';
  return [
    `Page:    ${pc.bold(standIn.url)}`,
    `By curl: curl -X POST ${standIn.url}/api/v4/projects/1/pipeline -H 'PRIVATE-TOKEN: ${standIn.accessToken}' \\`,
    `           -H 'Content-Type: application/json' -d '${body}'`,
    `Command line, in another terminal: . ${writeEnvironmentFile(laptop.run.path, laptop.env)} && npx runners status`,
    "A real GitLab's jobs: npm start -- --gitlab https://gitlab.example.com",
    "Ctrl-C stops everything and removes all temporary files.",
  ].join("\n");
};

const runnerText = ({ binary }: EmptyLaptop): string =>
  binary.isReal
    ? `Jobs are run by ${binary.path}.`
    : "gitlab-runner is not installed here: a stand-in for it runs the jobs.";

const serveHeadless = (laptop: Laptop | EmptyLaptop): void => {
  toStderr(runnerText(laptop));
  if (isDeployed(laptop) && !laptop.standIn) toStderr(webhookAdvice(laptop.webhook, laptop.webhookToken));
  process.stdout.write(`${readyLine(laptop)}\n`);
};

const serve = async (laptop: Laptop, view: View): Promise<void> => {
  toStdout(runnerText(laptop));
  if (laptop.standIn) {
    toStdout("\nThe sample pipeline:");
    await runSample(laptop, laptop.standIn, view, toStdout);
  }
  toStdout(`\n${nextSteps(laptop)}`);
};

/** Closes the laptop once. A second request exits at once and leaves the rest to the cleanup watchdog. */
const shutdownOnce = () => {
  let laptop: EmptyLaptop | undefined;
  let isEnding = false;
  const end = async (exitCode: number): Promise<void> => {
    if (isEnding) return process.exit(exitCode);
    isEnding = true;
    await laptop?.close();
    process.exit(exitCode);
  };
  const started = (running: EmptyLaptop): void => {
    laptop = running;
  };
  return { end, started, isEnding: () => isEnding };
};

/** Starts the laptop, runs the sample pipeline or prints the ready line, and serves until it is stopped. */
export const run = async (options: CommandOptions): Promise<void> => {
  const { end, started, isEnding } = shutdownOnce();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
  const log = options.headless ? toStderr : toStdout;
  const isLive = !options.headless && Boolean(process.stdout.isTTY);
  const view = isLive ? liveView(process.stdout) : plainView(log, Date.now);
  try {
    if (options.empty && process.env.AWS_ENDPOINT_URL)
      throw new Declined(
        "What is deployed to another emulator does not lead to the laptop: unset AWS_ENDPOINT_URL, or leave --empty out.",
      );
    const canAsk = !options.headless && Boolean(process.stdin.isTTY);
    const gitlab = options.gitlab ? await realGitLab(options.gitlab, process.env, canAsk) : undefined;
    if (options.newAccount) log(`A new account: ${limitsText(NEW_ACCOUNT)}.`);
    log(options.empty ? "Starting the engine …" : "Starting the engine, building and deploying the stacks …");
    const settings = {
      log,
      isVerbose: options.verbose,
      onCrash: (sentence: string) => {
        toStderr(`${sentence} Everything else is stopped too.`);
        void end(1);
      },
      onCall: noticeWriter((line) => view.say(line), Date.now),
      ...(options.newAccount ? { limits: NEW_ACCOUNT } : {}),
      ...defined({ port: options.port, webhookToken: options.webhookToken, gitlab }),
    };
    if (options.headless) {
      const laptop = await (options.empty ? startEmptyLaptop(settings) : startLaptop(settings));
      started(laptop);
      if (!isEnding()) serveHeadless(laptop);
      return;
    }
    const laptop = await startLaptop(settings);
    started(laptop);
    if (!isEnding()) await serve(laptop, view);
  } catch (error) {
    if (isEnding()) return;
    toStderr(error instanceof Error ? error.message : String(error));
    await end(error instanceof Declined ? 2 : 1);
  }
};
