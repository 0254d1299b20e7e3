import type { FaultSettings } from "../../model/faults";
import type { PageState } from "../page-state";
import { setFaults } from "./api";
import { byId, make, setText } from "./dom";

interface Switch {
  readonly label: string;
  readonly on: FaultSettings;
}

const SWITCHES: readonly Switch[] = [
  { label: "Lose one webhook in ten", on: { lose: 0.1 } },
  { label: "Send every webhook twice", on: { repeat: 1 } },
  { label: "Webhooks late by up to 5 s", on: { delayMs: [0, 5_000] } },
  { label: "Answer 500 for 10 s", on: { errorStatus: 500, errorSeconds: 10 } },
];

let current: FaultSettings = {};
let isFailing = false;

const isOn = ({ on }: Switch): boolean =>
  "errorStatus" in on ? isFailing : Object.keys(on).every((key) => key in current);

const without = (settings: FaultSettings, names: readonly string[]): FaultSettings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));

const ERROR_FIELDS = ["errorStatus", "errorSeconds", "scope"];

const flip = (one: Switch): FaultSettings => {
  const kept = isFailing ? current : without(current, ERROR_FIELDS);
  return isOn(one) ? without(kept, Object.keys(one.on)) : { ...kept, ...one.on };
};

const buttons = SWITCHES.map((one) => {
  const button = make("button", "switch", one.label);
  button.type = "button";
  button.addEventListener("click", () => {
    setFaults(flip(one)).catch((error) => setText(byId("fault-state"), String(error)));
  });
  byId("faults").append(button);
  return { one, button };
});

const reset = make("button", "quiet", "Clear all faults");
reset.type = "button";
reset.addEventListener("click", () => {
  setFaults({}).catch((error) => setText(byId("fault-state"), String(error)));
});
byId("faults").append(reset);

/** Shows which faults are on. */
export const showFaults = (state: PageState): void => {
  current = state.faults;
  isFailing = state.errorSecondsLeft > 0;
  for (const { one, button } of buttons) button.setAttribute("aria-pressed", String(isOn(one)));
  const any = buttons.some(({ one }) => isOn(one));
  reset.hidden = !any;
  const errors = `GitLab answers ${current.errorStatus ?? 500} for ${state.errorSecondsLeft} s more.`;
  setText(byId("fault-state"), isFailing ? errors : any ? "GitLab has faults." : "GitLab works normally.");
};
