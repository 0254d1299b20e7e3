import type { PageJob } from "../page-state";
import { cancelJob, playJob, readLog } from "./api";
import { usd } from "./cost";
import { byId, make, setAttribute, setText } from "./dom";
import { steps } from "./steps";
import { duration } from "./time";

/** Texts and symbols of a status, so that it does not depend on colour alone. */
const SIGNS: Readonly<Record<string, string>> = {
  created: "○",
  manual: "▸",
  pending: "◔",
  running: "◐",
  canceling: "◐",
  success: "✓",
  failed: "✕",
  canceled: "⊘",
  skipped: "→",
};

const PROVIDERS: Readonly<Record<string, string>> = { LAMBDA: "Lambda", EC2: "EC2" };

/** GitLab shows a failure that the pipeline allows as a warning. */
const isAllowed = (job: PageJob): boolean => job.status === "failed" && job.allowFailure;

/** What the configuration says of a job besides its name and tags. */
const facts = ({ stage, image, services, needs }: PageJob): string =>
  [
    stage,
    ...(needs === undefined ? [] : [needs.length === 0 ? "needs nothing" : `needs ${needs.join(", ")}`]),
    ...(image === undefined ? [] : [`image ${image}`]),
    ...(services.length === 0 ? [] : [`services ${services.join(", ")}`]),
  ].join(" · ");

/** The job or pipeline that the address names, as GitLab's own addresses do. */
const linkedJob = Number(/\/-\/jobs\/(\d+)/.exec(location.pathname)?.[1] ?? 0);

const isOver = (job: PageJob): boolean => ["success", "failed", "canceled", "skipped"].includes(job.status);

/** Start and end of a pipeline's time line, in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface JobRowView {
  readonly element: HTMLElement;
  update(job: PageJob, span: Span, now: number): void;
}

const place = (bar: HTMLElement, span: Span, from: number | undefined, to: number): void => {
  const isShown = from !== undefined;
  bar.hidden = !isShown;
  if (!isShown) return;
  const whole = span.to - span.from;
  const left = ((from - span.from) / whole) * 100;
  bar.style.left = `${Math.max(0, left)}%`;
  bar.style.width = `${Math.max(0.6, ((to - from) / whole) * 100)}%`;
};

const waitedAndRan = (job: PageJob, now: number): string => {
  if (job.queuedAt === undefined) return "";
  const waited = duration((job.startedAt ?? job.finishedAt ?? now) - job.queuedAt);
  if (job.startedAt === undefined) return `waited ${waited}`;
  const cost = job.laptop?.cost === undefined ? "" : `, ${usd(job.laptop.cost)}`;
  return `waited ${waited}, ran ${duration((job.finishedAt ?? now) - job.startedAt)}${cost}`;
};

const showSteps = (list: HTMLElement, job: PageJob): void => {
  const lines = steps(job);
  const text = lines.map((line) => line.join("\t")).join("\n");
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(
    ...lines.flatMap(([name, after, at]) => [
      make("dt", "", name),
      make("dd", "", after),
      make("dd", "at", at),
    ]),
  );
};

/** A job's row: status, name, tags, provider, its bar in the time line, its last log line, and a cancel button. */
export const jobRow = (first: PageJob): JobRowView => {
  let job = first;
  const sign = make("span", "sign");
  sign.setAttribute("aria-hidden", "true");
  const status = make("span", "status");
  const name = make("span", "name", job.name);
  const tags = make("span", "tags", ...job.tags.map((tag) => make("span", "tag", tag)));
  const provider = make("span", "provider");
  const waitBar = make("span", "bar wait");
  const runBar = make("span", "bar run");
  const line = make("span", "timeline", waitBar, runBar);
  line.setAttribute("aria-hidden", "true");
  const times = make("span", "times");
  const cancel = make("button", "quiet", "Cancel");
  cancel.type = "button";
  setAttribute(cancel, "aria-label", `Cancel ${job.name}`);
  cancel.addEventListener("click", () => {
    cancel.disabled = true;
    cancelJob(job.projectId, job.id).catch(() => {
      cancel.disabled = false;
    });
  });
  const play = make("button", "quiet", "Play");
  play.type = "button";
  setAttribute(play, "aria-label", `Play ${job.name}`);
  play.addEventListener("click", () => {
    playJob(job.projectId, job.id).catch(() => undefined);
  });
  const lastLine = make("span", "last-line");
  const log = make("pre", "log");
  log.tabIndex = 0;
  const whole = make("button", "quiet", "Whole log");
  whole.type = "button";
  let isWhole = false;
  whole.addEventListener("click", async () => {
    isWhole = true;
    whole.hidden = true;
    setText(log, await readLog(job.id).catch((error) => String(error)));
  });
  const stepList = make("dl", "steps");
  const reason = make("p", "reason");
  const summary = make("summary", "", make("span", "summary-label", "Log and steps"), lastLine);
  const script = make("pre", "code script", job.script.map((command) => `$ ${command}`).join("\n"));
  const details = make("details", "", summary, make("div", "inside", stepList, script, log, whole));
  const title = make("span", "title", name, tags, make("span", "about", facts(job)));
  const head = make("div", "head", sign, title, status, provider, make("span", "", play, cancel));
  const element = make("li", "job", head, make("div", "when", line, times), reason, details);
  if (job.id === linkedJob) {
    details.open = true;
    setTimeout(() => element.scrollIntoView({ block: "center" }));
  }
  return {
    element,
    update: (next, span, now) => {
      const isNews = job.status !== next.status && isOver(next);
      job = next;
      if (isNews) setText(byId("news"), `${job.name}: ${job.status}`);
      element.dataset.status = job.status;
      element.dataset.allowed = String(isAllowed(job));
      setText(sign, isAllowed(job) ? "!" : (SIGNS[job.status] ?? "·"));
      setText(status, isAllowed(job) ? "failed, allowed" : job.status);
      const type = job.laptop?.provider ?? "";
      provider.dataset.provider = type;
      setText(provider, PROVIDERS[type] ?? type);
      setAttribute(provider, "title", job.laptop?.resourceId ?? "");
      place(waitBar, span, job.queuedAt, job.startedAt ?? job.finishedAt ?? now);
      place(runBar, span, job.startedAt, job.finishedAt ?? now);
      setText(times, waitedAndRan(job, now));
      play.hidden = job.status !== "manual";
      cancel.hidden = isOver(job) || job.status === "canceling";
      setText(lastLine, job.lastLines.at(-1) ?? "");
      setText(reason, job.laptop?.account ?? job.laptop?.reason ?? job.failureReason ?? "");
      if (!isWhole) setText(log, job.lastLines.join("\n"));
      whole.hidden = isWhole || job.lastLines.length === 0;
      log.hidden = log.textContent === "";
      showSteps(stepList, job);
    },
  };
};
