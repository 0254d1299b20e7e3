import {
  fakeBootstrapRows,
  fakeEventBus,
  fakeFunctions,
  fakeGitLab,
  fakeLedger,
  fakeMappings,
  fakeMinuteCounters,
  fakeProvider,
  fakeSettings,
} from "../fakes";
import { bootstrapRowsContract } from "./bootstrap-rows-contract";
import { eventBusContract } from "./event-bus-contract";
import { gitLabContract, legacyGitLabContract } from "./gitlab-contract";
import { providerContract } from "./launch-contract";
import { ledgerContract } from "./ledger-contract";
import { mappingsContract } from "./mappings-contract";
import { minuteCountersContract } from "./minute-counters-contract";
import { runnerFunctionsContract, settingsContract } from "./settings-contract";
import { spotPoolsContract } from "./spot-pools-contract";
import { usageRowsContract } from "./usage-rows-contract";

describe("the fake ledger", () => {
  ledgerContract(() => {
    const rows = fakeBootstrapRows();
    const ledger = fakeLedger(rows.rows);
    return { rows, ledger, usage: ledger.usage };
  });
});

describe("spot pools in the fake ledger", () => {
  spotPoolsContract(() => ({ ledger: fakeLedger() }));
});

describe("usage rows in the fake ledger", () => {
  usageRowsContract(() => fakeLedger().usage);
});

describe("the fake bootstrap table", () => {
  bootstrapRowsContract(() => {
    const rows = fakeBootstrapRows();
    return {
      rows,
      put: async (row) => void rows.rows.set(row.key, row),
      read: async (key) => rows.rows.get(key),
    };
  });
});

describe("the fake mapping table", () => {
  mappingsContract(() => {
    const mappings = fakeMappings();
    return { mappings, put: async (row) => mappings.add(row) };
  });
});

describe("the fake counters", () => {
  minuteCountersContract(fakeMinuteCounters);
});

describe("the fake GitLab", () => {
  gitLabContract(() => {
    const gitLab = fakeGitLab();
    gitLab.pageSize = 2;
    return {
      gitLab,
      addJob: (job) => void gitLab.addJob(job),
      protect: (projectId, { name }) => void gitLab.protectedRefs.add(`${projectId} ${name}`),
    };
  });
  legacyGitLabContract(() => fakeGitLab("payload"));
});

describe("the fake bus", () => {
  eventBusContract(() => {
    const bus = fakeEventBus();
    return { bus, arrived: () => bus.events.length + bus.told.length };
  });
});

describe("the fake settings and functions", () => {
  settingsContract(() => {
    const settings = fakeSettings();
    return {
      settings,
      turn: (to) => {
        settings.on = to === "on";
      },
    };
  });
  runnerFunctionsContract(() => {
    const functions = fakeFunctions();
    return { functions, add: (arn, isIsolated) => void functions.isolated.set(arn, isIsolated) };
  });
});

describe("the fake provider", () => {
  providerContract(() => {
    const provider = fakeProvider();
    return { provider, sent: () => provider.calls };
  });
});
