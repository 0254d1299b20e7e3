import { openLaptop, START_MS, type TestLaptop } from "./engine";
import { uploadCases } from "./upload-cases";
import { verifyCases } from "./verify-cases";
import { wiredPageCases } from "./wired-page-cases";

let test: TestLaptop;

beforeAll(async () => {
  test = await openLaptop();
}, START_MS);

afterAll(async () => {
  await test?.laptop.close();
}, 30_000);

describe("the page", () => wiredPageCases(() => test));

describe("the command line", () => uploadCases(() => test));

describe("verify", () => verifyCases(() => test));

describe("rights", () => {
  it("no call of the application was refused for a missing right", () => {
    expect(test.refused.map(({ message }) => message)).toEqual([]);
  });
});
