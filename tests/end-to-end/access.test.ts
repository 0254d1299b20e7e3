import { forgedBusEvent } from "../attacks/forged-bus-event";
import { laptopOpenEngine } from "../attacks/laptop-open-engine";
import { redrive } from "../attacks/redrive";
import { rightsOfRoles } from "../rights/one-of-each-role";
import { redeployedWithoutRight } from "../rights/redeployed";
import { openLaptop, START_MS, type TestLaptop } from "./engine";

let test: TestLaptop;
const get = (): TestLaptop => test;

beforeAll(async () => {
  test = await openLaptop();
}, START_MS);

afterAll(() => test?.laptop.close(), 30_000);

describe("an attacker on the laptop", () => laptopOpenEngine(get));
describe("an attacker with a role of the account", () => forgedBusEvent(get));
describe("redrive", () => redrive(get));
describe("rights", () => {
  rightsOfRoles(get);
  redeployedWithoutRight(get);
});
