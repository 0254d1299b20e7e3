/** The element with this id; the page is broken without it. */
export const byId = <Kind extends HTMLElement = HTMLElement>(id: string): Kind => {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no element ${id}`);
  return element as Kind;
};

type Child = Node | string;

/** A new element. Text goes in as text: whatever a job's name or log holds, it never becomes markup. */
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

/** Writes a text only when it changes, so that selections and screen readers are left in peace. */
export const setText = (element: Element, text: string): void => {
  if (element.textContent !== text) element.textContent = text;
};

/** Puts these children in this order, moving only what is not in its place. */
export const arrange = (parent: Element, children: readonly Element[]): void => {
  for (const old of [...parent.children]) if (!children.includes(old)) old.remove();
  for (const [index, child] of children.entries()) {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  }
};
