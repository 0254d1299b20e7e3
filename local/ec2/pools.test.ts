import { NEW_ACCOUNT } from "../limits/account-limits";
import { metLimits } from "../limits/met-limits";
import { accountPools, Pools } from "./pools";

const pool = (boughtAs: "spot" | "on-demand", instanceType = "m7g.large") => ({
  boughtAs,
  instanceType,
  subnetId: "subnet-1",
});
const living = (...types: readonly string[]) => types.map((instanceType) => ({ instanceType }));
const withSpotRole = { ...NEW_ACCOUNT, spotRoles: { ...NEW_ACCOUNT.spotRoles, value: 1 } };

describe("a new account's EC2", () => {
  it("has no spot without the service-linked role, and counts what it refused", () => {
    const account = metLimits(NEW_ACCOUNT);
    const pools = new Pools(accountPools(account.limits), account.met);
    expect(pools.take(pool("spot"), [])?.code).toBe("AuthFailure.ServiceLinkedRoleCreationNotPermitted");
    expect(pools.take(pool("on-demand"), [])).toBeUndefined();
    expect(account.list()).toMatchObject([{ refused: 1 }]);
  });

  it.each([
    ["on-demand", "VcpuLimitExceeded"],
    ["spot", "MaxSpotInstanceCountExceeded"],
  ] as const)("has five vCPUs %s: %s beyond", (boughtAs, code) => {
    const pools = new Pools(accountPools(withSpotRole));
    expect(pools.take(pool(boughtAs), living("m7g.large"))).toBeUndefined();
    expect(pools.take(pool(boughtAs), living("m7g.large", "m7g.large"))?.code).toBe(code);
    expect(pools.take(pool(boughtAs, "c7g.medium"), living("m7g.large", "m7g.large"))).toBeUndefined();
    expect(pools.take(pool(boughtAs, "m7g.2xlarge"), [])?.code).toBe(code);
  });
});
