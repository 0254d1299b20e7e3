import * as errors from "./errors";

describe("an error", () => {
  it.each(Object.entries(errors))(
    "%s has its name as text of its own, by which a workflow retries and fails",
    (name, Kind) => {
      const error = new Kind("why", 1);
      expect(Object.getOwnPropertyDescriptor(error, "name")?.value).toBe(name);
    },
  );
});
