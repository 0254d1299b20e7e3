import { apiRequest } from "./api-request";
import { checkGitLabUrl } from "./gitlab-url";
import { nextCursor } from "./paging";

/** GitLab below a path of its host, as self-managed ones may be: https://docs.gitlab.com/install/relative_url/ */
const URL_BELOW = "https://gitlab.example.com/gitlab";

describe("a GitLab at a relative URL", () => {
  it.each([URL_BELOW, `${URL_BELOW}/`, `${URL_BELOW}//`])("is taken as %s, without the slash", (value) => {
    expect(checkGitLabUrl(value)).toBe(URL_BELOW);
  });

  it("is asked below its path, and paged by it", () => {
    const { url } = apiRequest(URL_BELOW, "token", { method: "GET", path: "/projects/1/jobs/2" });
    expect(url).toBe("https://gitlab.example.com/gitlab/api/v4/projects/1/jobs/2");
    const link = `<${URL_BELOW}/api/v4/projects?id_after=7&per_page=2>; rel="next"`;
    expect(nextCursor(link)).toBe("id_after=7&per_page=2");
  });
});
