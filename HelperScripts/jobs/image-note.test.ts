import { IMAGE_IGNORED, IMAGE_IGNORED_IN_VM, IMAGE_REFUSED } from "../../Core/image-words";
import { attempt } from "../testing/items";
import { imageInLog, unusedImageText } from "./image-note";

describe("a job's log", () => {
  it.each([
    ["refused", `line\n${IMAGE_REFUSED}: alpine:3\nmore`, { name: "alpine:3", isRefused: true }],
    [
      "ignored",
      `${IMAGE_IGNORED}: registry.example/a/b@sha256:01`,
      { name: "registry.example/a/b@sha256:01" },
    ],
    ["ignored in a MicroVM", `${IMAGE_IGNORED_IN_VM}: alpine`, { name: "alpine" }],
    [
      "refused rather than ignored",
      `${IMAGE_IGNORED}: a\n${IMAGE_REFUSED}: b`,
      { name: "b", isRefused: true },
    ],
  ])("tells that an image was %s", (_, log, image) => {
    expect(imageInLog(log)).toEqual({ isRefused: false, ...image });
    expect(unusedImageText({ isRefused: false, ...image }, attempt(7))).toContain(`the image ${image.name}`);
  });

  it("tells nothing where it has no such line", () => {
    expect(imageInLog("Using the image alpine")).toBeUndefined();
  });
});
