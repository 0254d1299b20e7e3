import type { PageJob, PagePipeline, PageState } from "../page-state";
import { cancelPipeline } from "./api";
import { arrange, byId, make, setText } from "./dom";
import { type JobRowView, jobRow, type Span } from "./job-row";
import { clockTime, duration } from "./time";

interface Card {
  readonly element: HTMLElement;
  update(pipeline: PagePipeline, now: number): void;
}

const ACTIVE = ["created", "pending", "running"];

const endOf = (pipeline: PagePipeline, now: number): number =>
  ACTIVE.includes(pipeline.status) ? now : Math.max(...pipeline.jobs.map((job) => job.finishedAt ?? 0));

/** Minimum length of a time line, so that the first second of a pipeline does not fill it. */
const spanOf = (pipeline: PagePipeline, now: number): Span => ({
  from: pipeline.createdAt,
  to: Math.max(endOf(pipeline, now), pipeline.createdAt + 5_000),
});

const rowsFor = (rows: Map<number, JobRowView>, jobs: readonly PageJob[]): readonly JobRowView[] =>
  jobs.map((job) => {
    const row = rows.get(job.id) ?? jobRow(job);
    rows.set(job.id, row);
    return row;
  });

const card = (first: PagePipeline): Card => {
  const rows = new Map<number, JobRowView>();
  const status = make("span", "status");
  const times = make("span", "times");
  const cancel = make("button", "quiet", "Cancel all");
  cancel.type = "button";
  cancel.setAttribute("aria-label", `Cancel all jobs of pipeline ${first.id}`);
  cancel.addEventListener("click", () => {
    cancelPipeline(first.projectId, first.id).catch(() => undefined);
  });
  const title = make("h3", "", `Pipeline ${first.id}`);
  const about = make("span", "about", `project ${first.projectId}, ${clockTime(first.createdAt)}`);
  const head = make("header", "", make("div", "what", title, about), status, times, cancel);
  const list = make("ul", "jobs");
  const hidden = make("p", "help");
  const element = make("article", "pipeline", head, list, hidden);
  element.setAttribute("aria-label", `Pipeline ${first.id}`);
  return {
    element,
    update: (pipeline, now) => {
      const span = spanOf(pipeline, now);
      element.dataset.status = pipeline.status;
      setText(status, pipeline.status);
      setText(times, duration(endOf(pipeline, now) - pipeline.createdAt));
      cancel.hidden = !ACTIVE.includes(pipeline.status);
      const shown = rowsFor(rows, pipeline.jobs);
      arrange(
        list,
        shown.map((row) => row.element),
      );
      for (const [index, job] of pipeline.jobs.entries()) shown[index]?.update(job, span, now);
      setText(hidden, pipeline.hidden > 0 ? `and ${pipeline.hidden} more jobs` : "");
    },
  };
};

const cards = new Map<number, Card>();

/** Shows the pipelines, newest first. It reuses the cards, so that open logs stay open. */
export const showPipelines = (state: PageState): void => {
  const shown = state.pipelines.map((pipeline) => {
    const known = cards.get(pipeline.id) ?? card(pipeline);
    cards.set(pipeline.id, known);
    known.update(pipeline, state.now);
    return known;
  });
  arrange(
    byId("pipeline-list"),
    shown.map((known) => known.element),
  );
  byId("empty").hidden = state.pipelines.length > 0;
};
