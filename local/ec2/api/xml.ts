/** The content of an answer. A list becomes `<item>` elements; undefined is left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue };

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escapeText = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? "");

const element = (name: string, value: XmlValue): string =>
  value === undefined ? "" : `<${name}>${content(value)}</${name}>`;

const content = (value: XmlValue): string => {
  if (Array.isArray(value)) return value.map((item: XmlValue) => element("item", item)).join("");
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([name, inner]) => element(name, inner))
      .join("");
  }
  return escapeText(String(value ?? ""));
};

const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

/** The answer of an action: `<CreateFleetResponse>…`. */
export const answerXml = (action: string, requestId: string, value: XmlValue): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="${NAMESPACE}">` +
  `${element("requestId", requestId)}${content(value)}</${action}Response>`;

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
export const errorXml = (requestId: string, code: string, message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${element("Code", code)}` +
  `${element("Message", message)}</Error></Errors>${element("RequestID", requestId)}</Response>`;
