import type { ReadPath } from "../../deployed";
import { IMAGE_URI } from "../../engine/ministack";
import type { AdmittedCall, Upstream } from "../../gateway";
import { isSameImage } from "../../lambda-host/artifacts";

/** How Lambda is asked which image a function has. */
export interface FunctionImages {
  /** The image that a function is deployed with; undefined for one without, and for none. */
  readonly imageOf: (functionName: string) => Promise<string | undefined>;
  readonly readPath: ReadPath;
  readonly log: (message: string) => void;
}

const FUNCTIONS = "/2015-03-31/functions";

const functionOf = ({ service, operation, request }: AdmittedCall): string | undefined => {
  if (service !== "lambda" || !["Invoke", "GetFunction", "GetFunctionConfiguration"].includes(operation))
    return undefined;
  const given = decodeURIComponent(request.target.slice(FUNCTIONS.length + 1).split(/[/?]/)[0] ?? "");
  return /(?:^|:function:)([\w-]+)(?::[\w$-]+)?$/.exec(given)?.[1];
};

/** A function whose image was deleted. https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html */
const inactive = (configuration: object) => ({
  ...configuration,
  State: "Inactive",
  StateReasonCode: "ImageDeleted",
  StateReason: "The function's image was deleted.",
});

const missing = (functionName: string): string =>
  `Lambda is unable to find the image of ${functionName}: the laptop has ${IMAGE_URI} alone`;

const answerOf = async (
  { operation }: AdmittedCall,
  functionName: string,
  readPath: ReadPath,
): Promise<{ readonly status: number; readonly error?: string; readonly body: object }> => {
  if (operation === "Invoke") {
    const body = { Type: "User", Message: missing(functionName) };
    return { status: 409, error: "CodeArtifactUserDeletedException", body };
  }
  const suffix = operation === "GetFunction" ? "" : "/configuration";
  const body = JSON.parse(
    (await readPath("lambda", `${FUNCTIONS}/${functionName}${suffix}`)).toString("utf8"),
  );
  if (operation === "GetFunctionConfiguration") return { status: 200, body: inactive(body) };
  return { status: 200, body: { ...body, Configuration: inactive(body.Configuration) } };
};

/** Answers as Lambda does for functions whose image is not there, says so once, and hands every other call on. */
export const withImages = ({ imageOf, readPath, log }: FunctionImages, behind: Upstream): Upstream => {
  const told = new Set<string>();
  return async (call, response) => {
    const name = functionOf(call);
    const image = name === undefined ? undefined : await imageOf(name);
    if (name === undefined || image === undefined || isSameImage(image, IMAGE_URI))
      return behind(call, response);
    if (call.operation === "Invoke" && !told.has(name)) log(missing(name));
    if (call.operation === "Invoke") told.add(name);
    const { status, error, body } = await answerOf(call, name, readPath);
    const headers = { "content-type": "application/json", ...(error ? { "x-amzn-errortype": error } : {}) };
    response.writeHead(status, headers).end(JSON.stringify(body));
  };
};
