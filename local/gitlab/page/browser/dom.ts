/** Finds an element of the page. @throws Error when it is missing */
export const byId = <Kind extends HTMLElement = HTMLElement>(id: string): Kind => {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no element ${id}`);
  return element as Kind;
};

type Child = Node | string;

/** Creates an element. Strings become text nodes, so a job's name or log never becomes markup. */
export const make = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
};

/** Writes a text only when it changes, so as not to disturb selections and screen readers. */
export const setText = (element: Element, text: string): void => {
  if (element.textContent !== text) element.textContent = text;
};

/** Arranges the children in this order and moves only those that are elsewhere. */
export const arrange = (parent: Element, children: readonly Element[]): void => {
  for (const old of [...parent.children]) if (!children.includes(old)) old.remove();
  for (const [index, child] of children.entries()) {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  }
};
