import { nextCursor } from "./paging";

const link = (query: string): string => `<https://gitlab.example.com/api/v4/projects?${query}>; rel="next"`;

it("takes the next page's query up to its longest, and refuses a longer one", () => {
  const longest = "a".repeat(2_000);
  expect(nextCursor(link(longest))).toBe(longest);
  expect(() => nextCursor(link(`${longest}a`))).toThrow("no readable address");
});
