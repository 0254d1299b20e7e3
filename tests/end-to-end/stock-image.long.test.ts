import { INSTALL_FAILURE_WORDS } from "../../Core/model/reason-words";
import type { InstallFailure } from "../../Core/model/reasons";
import { gitlabApi, openLaptop, START_MS, type TestLaptop, until, untilAllGone } from "./engine";
import { imageCases } from "./image-cases";
import { runners } from "./tools-cases";

const PROJECT = 11;
/** Two minutes, and some more for a busy machine. */
const TIMEOUT_MS = 150_000;
/** Instead of three minutes: what counts is that an installation of four is ended. */
const INSTALL_SECONDS = 15;

let test: TestLaptop;

beforeAll(async () => {
  test = await openLaptop();
}, START_MS);

afterAll(() => test?.laptop.close(), 30_000);

describe("a stock image", () => {
  const FAILURES: readonly InstallFailure[] = ["no-packages", "wrong-checksum", "too-slow"];

  it(
    "F-79: why names what kept a stock image's machine from installing Docker and gitlab-runner, and the machine goes",
    async () => {
      const { laptop } = test;
      const gitlab = gitlabApi(laptop);
      const ids: number[] = [];
      for (const failure of FAILURES) {
        laptop.ec2.control({ failInstallations: { failure, seconds: INSTALL_SECONDS } });
        const known = laptop.ec2.instances().length;
        const [job] = await gitlab.pipeline(PROJECT, [
          { name: "image build", tags: ["docker"], script: ["true"] },
        ]);
        const id = job?.id ?? 0;
        ids.push(id);
        await until(`the machine for ${failure} is gone`, 60_000, () => {
          const [instance] = laptop.ec2.instances().slice(known);
          return instance?.state === "terminated";
        });
        let told = "";
        await until(`why names ${failure}`, 60_000, async () => {
          told = (await runners(test, "why", String(id))).out;
          return told.includes("its machine's console says");
        });
        expect(told.replace(/\s+/g, " ")).toContain(INSTALL_FAILURE_WORDS[failure]);
      }
      laptop.ec2.control({ failInstallations: null });
      // Their next attempts would come within four minutes.
      await Promise.all(
        ids.map((id) => gitlab.call("POST", `/api/v4/projects/${PROJECT}/jobs/${id}/cancel`)),
      );
      const ended = await untilAllGone(laptop, PROJECT, ids, TIMEOUT_MS);
      expect(ended.map(({ status }) => status)).toEqual(FAILURES.map(() => "canceled"));
    },
    TIMEOUT_MS + 400_000,
  );
});

describe("images of EC2 runners", () => imageCases(() => test));
