import { curlLine, readState, runConfiguration, runSample } from "./api";
import { showDashboard } from "./dashboard";
import { byId, setText } from "./dom";
import { showFaults } from "./faults";
import { showFigures } from "./figures";
import { showMapping } from "./mapping";
import { showPipelines } from "./pipelines";

const INTERVAL_MS = 1_000;

const EXAMPLE = `stages: [build, test]

compile:
  stage: build
  tags: [docker]
  script:
    - echo compiling
    - sleep 2

unit tests:
  stage: test
  tags: [lambda]
  parallel: 2
  script: echo "part $CI_NODE_INDEX of $CI_NODE_TOTAL"

lint:
  stage: test
  needs: []
  allow_failure: true
  script: exit 1
`;

const sayConnected = (isConnected: boolean): void => {
  const connection = byId("connection");
  connection.dataset.connected = String(isConnected);
  setText(connection.children[0] ?? connection, isConnected ? "live" : "no answer: is it still running?");
};

const refresh = async (): Promise<void> => {
  try {
    const state = await readState();
    showFigures(state);
    showPipelines(state);
    showFaults(state);
    showMapping(state);
    showDashboard(state);
    sayConnected(true);
  } catch {
    sayConnected(false);
  }
};

const keepRefreshing = async (): Promise<void> => {
  if (!document.hidden) await refresh();
  setTimeout(keepRefreshing, INTERVAL_MS);
};

const showError = (error: unknown): void =>
  setText(byId("editor-error"), error instanceof Error ? error.message : String(error ?? ""));

/** Runs a button's action. The button is disabled meanwhile, and the page is refreshed afterwards. */
const act = async (button: HTMLButtonElement, action: () => Promise<void>): Promise<void> => {
  button.disabled = true;
  setText(byId("editor-error"), "");
  setText(byId("editor-notes"), "");
  await action().catch(showError);
  await refresh();
  button.disabled = false;
};

const runOwn = async (): Promise<void> => {
  const project = Number(byId<HTMLInputElement>("project").value);
  const notes = await runConfiguration(project, byId<HTMLTextAreaElement>("jobs").value);
  setText(byId("editor-notes"), notes.join("\n"));
};

const copyCurl = async (): Promise<void> => {
  await navigator.clipboard.writeText(byId("curl").textContent ?? "");
  setText(byId("copy"), "Copied");
  setTimeout(() => setText(byId("copy"), "Copy"), 2_000);
};

const prepare = (): void => {
  byId<HTMLTextAreaElement>("jobs").value = EXAMPLE;
  setText(byId("curl"), curlLine());
  const sample = byId<HTMLButtonElement>("run-sample");
  const own = byId<HTMLButtonElement>("run-own");
  sample.addEventListener("click", () => act(sample, runSample));
  byId("editor").addEventListener("submit", (event) => {
    event.preventDefault();
    act(own, runOwn);
  });
  byId("copy").addEventListener("click", () => copyCurl().catch(showError));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refresh();
  });
};

prepare();
keepRefreshing();
