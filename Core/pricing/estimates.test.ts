import { estimatesOf, estimatesTogether } from "./estimates";

const HOUR = 3_600_000;

describe("what is estimated beside a runner's cost", () => {
  it("is an instance's disk and address for its time, and what each job has of logs and control plane", () => {
    const { storage, publicIpv4, ...rest } = estimatesOf({ provider: "EC2", ran: HOUR, diskGiB: 30 });
    expect(storage).toBeCloseTo((30 * 0.08) / 730, 12);
    expect(publicIpv4).toBeCloseTo(0.005, 12);
    expect(rest).toEqual({ tenantIsolation: 0, logs: 0.000005, controlPlane: 0.00004 });
  });

  it("is a function's /tmp beyond what is free, and no address", () => {
    const { storage, publicIpv4 } = estimatesOf({ provider: "LAMBDA", ran: 1_000, storageMiB: 4_608 });
    expect(storage).toBeCloseTo(4 * 0.0000000309, 15);
    expect(publicIpv4).toBe(0);
    expect(estimatesOf({ provider: "LAMBDA", ran: HOUR, storageMiB: 512 }).storage).toBe(0);
  });

  it("is, with tenant isolation, the environment that Lambda makes for the job, by its memory", () => {
    // The example on https://aws.amazon.com/lambda/pricing/: 200,000 environments of a GB are 33.40 USD.
    const many = estimatesOf({ provider: "LAMBDA", ran: 1_000, environmentGb: 200_000 });
    expect(many.tenantIsolation).toBeCloseTo(33.4, 9);
    expect(estimatesTogether([many, many]).tenantIsolation).toBeCloseTo(66.8, 9);
  });

  it("adds up", () => {
    const one = estimatesOf({ provider: "EC2", ran: HOUR, diskGiB: 30 });
    expect(estimatesTogether([one, one]).publicIpv4).toBeCloseTo(0.01, 12);
    expect(estimatesTogether([]).logs).toBe(0);
  });
});
