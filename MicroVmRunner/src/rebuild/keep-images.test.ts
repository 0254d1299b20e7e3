import { ConfigurationError } from "../../../Core/errors";
import { mutedLog, muteLog } from "../../../tests/gitlab-runner/handler-log";
import { type ImageState, keepImages, type Publication, REBUILD_AFTER_MILLISECONDS } from "./keep-images";

const NOW = Date.parse("2026-12-01T00:00:00Z");
const ARN = "arn:aws:lambda:eu-west-1:111122223333:microvm-image:gitlab-runners-2048-1";
const PUBLISHED: Publication = {
  name: "/gitlabrunner/microvm/2048",
  image: {
    imageArn: ARN,
    imageVersion: "1.0",
    executionRoleArn: "arn:aws:iam::111122223333:role/r",
    logGroup: "g",
  },
};

const young = { version: "1.0", builtAt: NOW - REBUILD_AFTER_MILLISECONDS + 1 };
const old = { version: "1.0", builtAt: NOW - REBUILD_AFTER_MILLISECONDS };
const built = (state: Partial<ImageState>): ImageState => ({ isBuilding: false, hasFailed: false, ...state });

describe("the rebuild of the images", () => {
  const calls: string[] = [];
  const written: Publication[] = [];
  const keep = (...states: readonly ImageState[]) => {
    const left = [...states];
    return keepImages({
      images: {
        state: async () => left.shift() ?? built({}),
        rebuild: async (imageArn, version) => void calls.push(`rebuild ${imageArn} ${version}`),
        deleteOld: async (imageArn, kept) => void calls.push(`keep ${kept} of ${imageArn}`),
      },
      published: {
        read: async () => states.map(() => PUBLISHED),
        write: async (publication) => void written.push(publication),
      },
      now: () => NOW,
    });
  };

  beforeEach(() => {
    muteLog();
    calls.length = 0;
    written.length = 0;
  });
  afterEach(() => jest.restoreAllMocks());

  it("leaves a young image as it is", async () => {
    await keep(built({ newest: young }));
    expect([calls, written]).toEqual([[], []]);
  });

  it("begins to build one of thirty days again, and publishes nothing before it is built", async () => {
    await keep(built({ newest: old }));
    expect([calls, written]).toEqual([[`rebuild ${ARN} 1.0`], []]);
  });

  it("waits for a build that goes on", async () => {
    await keep(built({ isBuilding: true, newest: old }));
    expect([calls, written]).toEqual([[], []]);
  });

  it("publishes what was built, with role and log as they were, and leaves it and the one before", async () => {
    await keep(built({ newest: { ...young, version: "2.0" } }));
    expect(written).toEqual([{ ...PUBLISHED, image: { ...PUBLISHED.image, imageVersion: "2.0" } }]);
    expect(calls).toEqual([`keep 2 of ${ARN}`]);
  });

  it("tries again after a build that failed, and fails itself", async () => {
    await expect(keep(built({ hasFailed: true, newest: old }))).rejects.toThrow(ConfigurationError);
    expect(calls).toEqual([`rebuild ${ARN} 1.0`]);
  });

  it("keeps the others where one has nothing that can be started, and fails then", async () => {
    await expect(keep(built({}), built({ newest: old }))).rejects.toThrow(/no version/);
    expect(calls).toEqual([`rebuild ${ARN} 1.0`]);
    expect(mutedLog()).toContain("IMAGE_NOT_KEPT");
  });
});
