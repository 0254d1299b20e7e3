import { safeLines } from "../../../../Core/safe-text";

/** Finds an element of the page. @throws Error when it is missing */
export const byId = <Kind extends HTMLElement = HTMLElement>(id: string): Kind => {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no element ${id}`);
  return element as Kind;
};

type Child = Node | string;

/** Creates an element. Strings become text nodes and are made safe: no markup, no switch of direction, nothing invisible. */
export const make = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children.map((child) => (typeof child === "string" ? safeLines(child) : child)));
  return element;
};

/** Writes a text only when it changes, so as not to disturb selections and screen readers. */
export const setText = (element: Element, text: string): void => {
  const shown = safeLines(text);
  if (element.textContent !== shown) element.textContent = shown;
};

/** Sets an attribute that people see or hear. */
export const setAttribute = (element: Element, name: "aria-label" | "title", text: string): void =>
  element.setAttribute(name, safeLines(text));

/** Arranges the children in this order and moves only those that are elsewhere. */
export const arrange = (parent: Element, children: readonly Element[]): void => {
  for (const old of [...parent.children]) if (!children.includes(old)) old.remove();
  for (const [index, child] of children.entries()) {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  }
};

/** Creates an element of a drawing. Attributes are numbers and names of ours, never texts from outside. */
export const svg = (tag: string, attributes: Readonly<Record<string, string>>): SVGElement => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
