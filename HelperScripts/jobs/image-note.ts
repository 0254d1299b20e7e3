import { checkGitLabUrl } from "../../Core/gitlab/gitlab-url";
import { IMAGE_IGNORED, IMAGE_IGNORED_IN_VM, IMAGE_REFUSED } from "../../Core/image-words";
import { type Attempt, jobOf } from "../../Core/model/ledger";
import { configurationOf } from "../configuration";
import type { Context } from "../context";
import type { Deployment } from "../deployment";
import { operatorGitLab } from "../gitlab/operator-gitlab";

/** An image that a job asked for and that its runner did not use: on Lambda, or in a MicroVM with the shell executor. */
export interface UnusedImage {
  /** As the log has it, which the job itself may have written too. */
  readonly name: string;
  /** Its class refuses such jobs. */
  readonly isRefused: boolean;
}

const find = (log: string, text: string): string | undefined => {
  const start = log.indexOf(`${text}: `);
  return start < 0 ? undefined : (/^[\w./:@$-]{0,255}/.exec(log.slice(start + text.length + 2))?.[0] ?? "");
};

/** What a runner wrote of an image into the job's log. */
export const imageInLog = (log: string): UnusedImage | undefined => {
  const refused = find(log, IMAGE_REFUSED);
  const ignored = find(log, IMAGE_IGNORED) ?? find(log, IMAGE_IGNORED_IN_VM);
  if (refused !== undefined) return { name: refused, isRefused: true };
  return ignored === undefined ? undefined : { name: ignored, isRefused: false };
};

const isInVm = ({ order }: Attempt): boolean => order?.runnerClass.microVm?.executor === "shell";

const hasRunWithoutContainer = (attempt: Attempt): boolean =>
  (attempt.order?.runnerClass.type === "LAMBDA" || isInVm(attempt)) &&
  (attempt.times.RUNNING ?? attempt.times.ENDED) !== undefined;

const readLog = async (context: Context, deployment: Deployment, attempt: Attempt): Promise<string> => {
  const { url, accessToken } = await configurationOf(context, deployment).read(["url", "accessToken"]);
  if (url === undefined || accessToken === undefined) return "";
  const gitLab = operatorGitLab(context.fetch, checkGitLabUrl(url.value), accessToken.value);
  const { status, text } = await gitLab.text(
    `/projects/${jobOf(attempt).projectId}/jobs/${attempt.jobId}/trace`,
  );
  return status === 200 ? text : "";
};

/** Read from the job's log, the only place that has it. Undefined: nothing of the kind, or the log cannot be read. */
export const unusedImage = async (
  context: Context,
  deployment: Deployment,
  attempt: Attempt,
): Promise<UnusedImage | undefined> => {
  if (!hasRunWithoutContainer(attempt)) return undefined;
  return imageInLog(await readLog(context, deployment, attempt).catch(() => ""));
};

/** @param attempt the one that ran */
export const unusedImageText = ({ name, isRefused }: UnusedImage, attempt: Attempt): string => {
  if (isInVm(attempt))
    return `It asks for the image ${name}, which a MicroVM's executor shell does not use: it ran in the VM itself. Give it a class with the executor docker to have its image.`;
  return isRefused
    ? `It asks for the image ${name}, and its class refuses such jobs: give it the tag aws:ec2 or map it to EC2, or take "refuseImages" out of the class.`
    : `It asks for the image ${name}, which Lambda runners do not use: it ran in the function's own image. Give it the tag aws:ec2 or map it to EC2 to have its image.`;
};
