export type DocumentFormat = "json" | "yaml";

/** By the file's name; where that tells nothing, by the text: a JSON document begins with a brace. */
export const formatOf = (path: string, text: string): DocumentFormat => {
  if (/\.ya?ml$/i.test(path)) return "yaml";
  if (/\.json$/i.test(path)) return "json";
  return /^\ufeff?\s*\{/.test(text) ? "json" : "yaml";
};
