import { rmSync } from "node:fs";
import { delimiter } from "node:path";
import { openLaptop, START_MS, type TestLaptop } from "./engine";
import { exampleCases, standInForAws } from "./example-cases";
import { uploadCases } from "./upload-cases";
import { verifyCases } from "./verify-cases";
import { wiredPageCases } from "./wired-page-cases";

const { PATH = "" } = process.env;
let test: TestLaptop;
let stubs: string;

beforeAll(async () => {
  stubs = standInForAws();
  process.env.PATH = `${stubs}${delimiter}${PATH}`;
  test = await openLaptop();
}, START_MS);

afterAll(async () => {
  process.env.PATH = PATH;
  await test?.laptop.close();
  rmSync(stubs, { recursive: true, force: true });
}, 30_000);

describe("the page", () => wiredPageCases(() => test));

describe("the command line", () => uploadCases(() => test));

describe("the examples", () => exampleCases(() => test));

describe("verify", () => verifyCases(() => test));

describe("rights", () => {
  it("no call of the application was refused for a missing right", () => {
    expect(test.refused.map(({ message }) => message)).toEqual([]);
  });
});
