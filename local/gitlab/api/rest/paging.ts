import { json, queryOf, type RequestContext } from "../http";

/** https://docs.gitlab.com/api/rest/#pagination: 20 items a page, at most 100. */
const perPage = (query: URLSearchParams): number => {
  const wanted = Number(query.get("per_page") ?? 20);
  return Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, 100) : 20;
};

const link = (url: string, request: RequestContext, changes: Record<string, string>, rel: string): string => {
  const query = new URLSearchParams(queryOf(request));
  for (const [name, value] of Object.entries(changes)) query.set(name, value);
  return `<${url}${new URL(request.req.url).pathname}?${query}>; rel="${rel}"`;
};

interface Identified {
  readonly id: number;
}

const byKeyset = <Item extends Identified>(url: string, request: RequestContext, items: readonly Item[]) => {
  const query = queryOf(request);
  const isAscending = query.get("sort") === "asc";
  const field = isAscending ? "id_after" : "id_before";
  const edge = Number(query.get(field) ?? query.get("cursor") ?? Number.NaN);
  const isBeyond = (item: Item) => Number.isNaN(edge) || (isAscending ? item.id > edge : item.id < edge);
  const following = items.filter(isBeyond);
  const page = following.slice(0, perPage(query));
  const last = page.at(-1);
  const hasMore = last !== undefined && following.length > page.length;
  const headers = hasMore ? { Link: link(url, request, { [field]: String(last.id) }, "next") } : {};
  return { page, headers };
};

const byOffset = <Item>(url: string, request: RequestContext, items: readonly Item[]) => {
  const query = queryOf(request);
  const size = perPage(query);
  const number = Math.max(1, Number.parseInt(query.get("page") ?? "1", 10) || 1);
  const pages = Math.max(1, Math.ceil(items.length / size));
  const linkTo = (to: number, rel: string) =>
    link(url, request, { page: String(to), per_page: String(size) }, rel);
  const links = [
    ...(number > 1 ? [linkTo(number - 1, "prev")] : []),
    ...(number < pages ? [linkTo(number + 1, "next")] : []),
    linkTo(1, "first"),
    linkTo(pages, "last"),
  ];
  const headers = {
    Link: links.join(", "),
    "X-Page": String(number),
    "X-Per-Page": String(size),
    "X-Next-Page": number < pages ? String(number + 1) : "",
    "X-Prev-Page": number > 1 ? String(number - 1) : "",
    "X-Total": String(items.length),
    "X-Total-Pages": String(pages),
  };
  return { page: items.slice((number - 1) * size, number * size), headers };
};

/**
 * One page of a list, by keyset (`pagination=keyset`, or `id_after`/`id_before` from an earlier Link) or by page number.
 * Newest first unless `sort=asc`.
 */
export const paged = <Item extends Identified>(
  url: string,
  request: RequestContext,
  items: readonly Item[],
  show: (item: Item) => unknown,
): Response => {
  const query = queryOf(request);
  const direction = query.get("sort") === "asc" ? 1 : -1;
  const sorted = [...items].sort((one, other) => direction * (one.id - other.id));
  const isKeyset = query.get("pagination") === "keyset" || query.has("id_after") || query.has("id_before");
  const { page, headers } = isKeyset ? byKeyset(url, request, sorted) : byOffset(url, request, sorted);
  return json(page.map(show), 200, headers);
};
