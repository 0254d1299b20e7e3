import { HintMemory } from "../../AutoScaler/src/hints/hint-memory";
import type { BootstrapRows } from "../../AutoScaler/src/ports";
import { launchPrices } from "../../AutoScaler/src/pricing/launch-price";
import { PriceMemory } from "../../AutoScaler/src/pricing/price-memory";
import { PoolMemory } from "../../AutoScaler/src/spot/pool-memory";
import { bootstrapRowsContract } from "../../AutoScaler/src/testing/contracts/bootstrap-rows-contract";
import { ledgerContract } from "../../AutoScaler/src/testing/contracts/ledger-contract";
import { Calls, type Process } from "./world/calls";
import { Conflicts, LedgerPort } from "./world/ledger-port";
import { DEFAULT_QUOTAS } from "./world/limits/account";
import { LedgerThroughput } from "./world/limits/ledger-throughput";
import { random } from "./world/random";
import { Table } from "./world/table";
import { Timeline } from "./world/timeline";

/** Calls without latency and without faults. */
class CallsAtOnce extends Calls {
  override async make<Answer>(_process: Process, _name: string, effect: () => Answer): Promise<Answer> {
    return effect();
  }
}

/** Advances the time after each write: otherwise a transaction would lock its items for ever. */
class NoConflicts extends Conflicts {
  override meets(): boolean {
    return false;
  }
}

const PROCESS: Process = {
  name: "test",
  environment: {
    hints: new HintMemory(),
    spotPools: new PoolMemory(),
    prices: launchPrices(new PriceMemory("eu-west-1")),
    configuration: undefined,
    functions: { isTenantIsolated: async () => true },
    isNew: false,
  },
  skew: 0,
  isDead: false,
  spent: undefined,
  gaveUp: new Set(),
  onDeath: () => undefined,
};

/** The simulation's tables without index lag and without faults. */
const prepare = () => {
  const timeline = new Timeline(0);
  const dice = random(1);
  const table = new Table(
    () => timeline.now,
    (what) => {
      throw new Error(what);
    },
  );
  table.indexLag = 0;
  const calls = new CallsAtOnce({ timeline, random: dice, plan: () => undefined });
  const rows: BootstrapRows = {
    read: async (key) => table.rows.get(key),
    move: async (fromKey, toKey) => table.move(fromKey, toKey),
    remove: async (key) => void table.rows.delete(key),
  };
  const ledger = new LedgerPort(
    PROCESS,
    calls,
    table,
    dice,
    new NoConflicts(timeline, dice),
    new LedgerThroughput(DEFAULT_QUOTAS),
  );
  return { table, ledger, rows, usage: table.usage.reader };
};

describe("the simulation's ledger", () => {
  ledgerContract(prepare);
});

describe("the simulation's bootstrap table", () => {
  bootstrapRowsContract(() => {
    const { table, rows } = prepare();
    return {
      rows,
      put: async (row) => void table.rows.set(row.key, row),
      read: async (key) => table.rows.get(key),
    };
  });
});
