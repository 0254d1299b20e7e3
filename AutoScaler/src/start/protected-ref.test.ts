import { TransientError } from "../../../Core/errors";
import { fakeClock, fakeGitLab } from "../testing/fakes";
import { isOnProtectedRef, type ProtectedRefs } from "./protected-ref";

const prepare = () => {
  const gitLab = fakeGitLab();
  gitLab.protectedRefs.add("1 main");
  const protectedRefs: ProtectedRefs = new Map();
  return { gitLab, clock: fakeClock(), protectedRefs };
};

describe("isOnProtectedRef", () => {
  it("I-25: asks GitLab once a minute for a ref, and again then", async () => {
    const parts = prepare();
    for (let job = 0; job < 3; job += 1) {
      expect(await isOnProtectedRef(parts, { projectId: 1, ref: { name: "main", isTag: false } })).toBe(true);
    }
    expect(parts.gitLab.calls).toEqual(["isProtected"]);
    parts.clock.advance(60_000);
    parts.gitLab.protectedRefs.clear();
    expect(await isOnProtectedRef(parts, { projectId: 1, ref: { name: "main", isTag: false } })).toBe(false);
  });

  it("T-6: keeps projects, and a branch and a tag of one name, apart", async () => {
    const parts = prepare();
    expect(await isOnProtectedRef(parts, { projectId: 1, ref: { name: "main", isTag: false } })).toBe(true);
    expect(await isOnProtectedRef(parts, { projectId: 2, ref: { name: "main", isTag: false } })).toBe(false);
    await isOnProtectedRef(parts, { projectId: 1, ref: { name: "main", isTag: true } });
    expect(parts.gitLab.calls).toHaveLength(3);
  });

  it("T-6 T-31: says so where GitLab does not tell, without asking where there is nothing to ask for", async () => {
    const parts = prepare();
    expect(await isOnProtectedRef(parts, { projectId: 1 })).toBeUndefined();
    expect(parts.gitLab.calls).toEqual([]);
    const ref = { name: "refs/merge-requests/3/head", isTag: false };
    const gitLab = { ...parts.gitLab, isProtected: async () => undefined };
    expect(await isOnProtectedRef({ ...parts, gitLab }, { projectId: 1, ref })).toBeUndefined();
  });

  it("T-6: gives no runner for everybody only because GitLab did not answer", async () => {
    const parts = prepare();
    const down = async (): Promise<never> => {
      throw new TransientError("GitLab is down");
    };
    const asked = isOnProtectedRef(
      { ...parts, gitLab: { ...parts.gitLab, isProtected: down } },
      { projectId: 1, ref: { name: "main", isTag: false } },
    );
    await expect(asked).rejects.toMatchObject({ name: "TransientError" });
    expect(parts.protectedRefs.size).toBe(0);
  });

  it("keeps no more than a thousand refs", async () => {
    const parts = prepare();
    for (let ref = 0; ref < 1_500; ref += 1)
      await isOnProtectedRef(parts, { projectId: 1, ref: { name: `b${ref}`, isTag: false } });
    expect(parts.protectedRefs.size).toBeLessThanOrEqual(1_000);
  });
});
