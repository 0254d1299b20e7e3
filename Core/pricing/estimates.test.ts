import { estimatesOf, estimatesTogether } from "./estimates";

const HOUR = 3_600_000;

describe("what is estimated beside a runner's cost", () => {
  it("is an instance's disk and address for its time, and what each job has of logs and control plane", () => {
    const { storage, publicIpv4, ...rest } = estimatesOf({ provider: "EC2", ran: HOUR, diskGiB: 30 });
    expect(storage).toBeCloseTo((30 * 0.08) / 730, 12);
    expect(publicIpv4).toBeCloseTo(0.005, 12);
    expect(rest).toEqual({ logs: 0.000005, controlPlane: 0.00004 });
  });

  it("is a function's /tmp beyond what is free, and no address", () => {
    const { storage, publicIpv4 } = estimatesOf({ provider: "LAMBDA", ran: 1_000, storageMiB: 4_608 });
    expect(storage).toBeCloseTo(4 * 0.0000000309, 15);
    expect(publicIpv4).toBe(0);
    expect(estimatesOf({ provider: "LAMBDA", ran: HOUR, storageMiB: 512 }).storage).toBe(0);
  });

  it("adds up", () => {
    const one = estimatesOf({ provider: "EC2", ran: HOUR, diskGiB: 30 });
    expect(estimatesTogether([one, one]).publicIpv4).toBeCloseTo(0.01, 12);
    expect(estimatesTogether([]).logs).toBe(0);
  });
});
