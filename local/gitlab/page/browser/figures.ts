import type { PageState } from "../page-state";
import { usd } from "./cost";
import { byId, make, setText } from "./dom";

interface Figure {
  readonly name: string;
  readonly value: (state: PageState) => string;
  readonly note: (state: PageState) => string;
  readonly mood?: (state: PageState) => string;
}

const isIdle = (state: PageState): boolean => state.waiting === 0 && state.running === 0;

const remainingCount = (state: PageState): number =>
  state.remaining === undefined
    ? state.runners
    : state.remaining.runners + state.remaining.instances + state.remaining.microVms + state.remaining.ledger;

const remainingNote = ({ remaining, runners }: PageState): string =>
  remaining === undefined
    ? `runner records: ${runners}`
    : `runner records ${remaining.runners}, instances ${remaining.instances}, MicroVMs ${remaining.microVms}, open ledger items ${remaining.ledger}`;

const webhookNote = ({ webhooks, hasWebhook }: PageState): string =>
  hasWebhook
    ? `lost ${webhooks.lost}, sent twice ${webhooks.repeated}, refused ${webhooks.failed}`
    : "no webhook is configured";

const refusedCount = ({ account }: PageState): number =>
  account?.refused.reduce((sum, { refused }) => sum + refused, 0) ?? 0;

const accountNote = ({ account }: PageState): string =>
  account === undefined
    ? "of the account: none"
    : account.refused.map(({ name, refused }) => `${name} ${refused}`).join(", ") || account.limits;

const FIGURES: readonly Figure[] = [
  { name: "Waiting", value: ({ waiting }) => String(waiting), note: () => "jobs pending" },
  { name: "Running", value: ({ running }) => String(running), note: () => "jobs on a runner" },
  { name: "Ended", value: ({ ended }) => String(ended), note: () => "jobs so far" },
  { name: "Webhooks sent", value: ({ webhooks }) => String(webhooks.sent), note: webhookNote },
  {
    name: "Cost so far",
    value: ({ cost }) => usd(cost),
    note: () => "as AWS's prices, where known",
  },
  {
    name: "Refused by limits",
    value: (state) => (state.account === undefined ? "–" : String(refusedCount(state))),
    note: accountNote,
  },
  {
    name: "Remaining resources",
    value: (state) => (remainingCount(state) === 0 ? "none" : String(remainingCount(state))),
    note: remainingNote,
    mood: (state) => (remainingCount(state) === 0 ? "good" : isIdle(state) ? "watch" : ""),
  },
];

const shown = FIGURES.map((figure) => {
  const value = make("dd", "value");
  const note = make("dd", "note");
  const element = make("div", "figure", make("dt", "", figure.name), value, note);
  byId("figures").append(element);
  return { figure, element, value, note };
});

/** The row of figures: jobs by state, webhooks, and remaining resources. */
export const showFigures = (state: PageState): void => {
  for (const { figure, element, value, note } of shown) {
    setText(value, figure.value(state));
    setText(note, figure.note(state));
    element.dataset.mood = figure.mood?.(state) ?? "";
  }
};
