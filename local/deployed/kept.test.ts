import { keptUntilChange } from "./kept";

const setUp = () => {
  const system = { now: 0, isSettled: true, asked: 0, reads: 0 };
  const kept = keptUntilChange(
    async () => {
      system.asked += 1;
      return system.isSettled;
    },
    () => system.now,
  );
  const read = (key = "role a") =>
    kept.get(key, async () => {
      system.reads += 1;
      return system.reads;
    });
  return { system, kept, read };
};

it("reads once what does not change, by its key", async () => {
  const { read } = setUp();
  expect([await read(), await read(), await read("role b"), await read()]).toEqual([1, 1, 2, 1]);
});

it("reads anew after a change, and while one is under way keeps nothing", async () => {
  const { kept, read } = setUp();
  await read();
  const answered = kept.change();
  expect([await read(), await read()]).toEqual([2, 3]);
  answered();
  expect([await read(), await read()]).toEqual([4, 4]);
});

it("forgets what was being read when a change came", async () => {
  const { kept, read } = setUp();
  let answer = (_: string): void => undefined;
  const early = kept.get("role a", () => new Promise<string>((resolve) => (answer = resolve)));
  await new Promise(setImmediate);
  kept.change()();
  answer("before the change");
  expect([await early, await read()]).toEqual(["before the change", 1]);
});

it("keeps nothing until what goes on in the background has settled", async () => {
  const { system, kept, read } = setUp();
  system.isSettled = false;
  kept.unsettle();
  expect([await read(), await read()]).toEqual([1, 2]);
  system.isSettled = true;
  expect(await read()).toBe(3);
  system.now += 201;
  expect([await read(), await read()]).toEqual([4, 4]);
  expect(system.asked).toBe(2);
});

it("counts no answer that was asked for before the last change", async () => {
  const { system, kept, read } = setUp();
  kept.unsettle();
  const early = read();
  kept.unsettle();
  system.isSettled = false;
  await early;
  expect([await read(), await read()]).toEqual([2, 3]);
});

it("keeps no failure", async () => {
  const { kept, read } = setUp();
  await expect(kept.get("role a", () => Promise.reject(new Error("gone")))).rejects.toThrow("gone");
  expect(await read()).toBe(1);
});
