import { loadLater } from "./load-later";

const reservation = () => new Promise((resolve) => setImmediate(resolve));

describe("a part that is loaded later", () => {
  it("is loaded once, when it is begun or first needed", async () => {
    let loads = 0;
    const part = loadLater("The part", async () => {
      loads += 1;
      return "part";
    });
    await reservation();
    expect(loads).toBe(0);
    part.begin();
    part.begin();
    expect([await part.get(), await part.get(), loads]).toEqual(["part", "part", 1]);
  });

  it("that cannot be loaded is nobody's unhandled rejection, and an unknown outcome for who needs it", async () => {
    const unhandled = jest.fn();
    process.on("unhandledRejection", unhandled);
    const cause = new Error("no such module");
    const part = loadLater("The part", () => Promise.reject(cause));
    part.begin();
    await reservation();
    await reservation();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    await expect(part.get()).rejects.toMatchObject({
      name: "TransientError",
      message: "The part could not be loaded",
      cause,
    });
  });
});
