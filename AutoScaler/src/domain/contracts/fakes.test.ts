import { fakeBootstrapRows, fakeGitLab, fakeLedger, fakeMappings } from "../fakes";
import { bootstrapRowsContract } from "./bootstrap-rows-contract";
import { gitLabContract, legacyGitLabContract } from "./gitlab-contract";
import { ledgerContract } from "./ledger-contract";
import { mappingsContract } from "./mappings-contract";

describe("the fake ledger", () => {
  ledgerContract(() => {
    const rows = fakeBootstrapRows();
    return { rows, ledger: fakeLedger(rows.rows) };
  });
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

describe("the fake GitLab", () => {
  gitLabContract(() => {
    const gitLab = fakeGitLab();
    gitLab.pageSize = 2;
    return { gitLab, addJob: (job) => void gitLab.addJob(job) };
  });
  legacyGitLabContract(() => fakeGitLab("payload"));
});
