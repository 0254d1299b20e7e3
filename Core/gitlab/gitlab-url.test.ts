import { checkGitLabUrl } from "./gitlab-url";

describe("checkGitLabUrl", () => {
  it.each([
    ["https://gitlab.example.com", "https://gitlab.example.com"],
    ["https://gitlab.example.com/", "https://gitlab.example.com"],
    ["https://gitlab.example.com:8443/gitlab/", "https://gitlab.example.com:8443/gitlab"],
    ["http://localhost:8080", "http://localhost:8080"],
    ["http://127.0.0.1:8080/", "http://127.0.0.1:8080"],
    ["http://[::1]:8080", "http://[::1]:8080"],
  ])("takes %s", (value, expected) => {
    expect(checkGitLabUrl(value)).toBe(expected);
  });

  it.each([
    "http://gitlab.example.com",
    "https://user@gitlab.example.com",
    "https://user:word@gitlab.example.com",
    "https://10.1.2.3",
    "https://167838211",
    "https://169.254.169.254",
    "http://169.254.169.254",
    "https://[fd00:ec2::254]",
    "https://[::ffff:169.254.169.254]",
    "file:///etc/passwd",
    "https://gitlаb.example.com",
    "https://xn--gitlb-hqf.example.com",
    "https://gitlab.example.com/?a=b",
    "https://gitlab.example.com/#a",
    "https://gitlab.example.com\r\nX: y",
    " https://gitlab.example.com",
    "gitlab.example.com",
    "",
    "//gitlab.example.com",
  ])("F-72 T-18: refuses %p with the remedy", (value) => {
    expect(() => checkGitLabUrl(value)).toThrow(/https:\/\/gitlab\.example\.com/);
  });
});
