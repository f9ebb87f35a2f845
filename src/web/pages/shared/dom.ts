const SVG = "http://www.w3.org/2000/svg";

/**
 * The page's element with this id.
 *
 * @throws {TypeError} when the page has none, or one of another kind.
 */
export function $(id: string): HTMLElement;
export function $<E extends HTMLElement>(id: string, kind: new () => E): E;
export function $(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new TypeError(`the page has no ${kind.name} with the id ${id}`);
}

/** Sets an element's text, unless it is the same already: screen readers would say it again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with a class and text or children; text is always set as text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/** An element of a drawing, with its attributes and children. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: Element[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Shows how the connection to the server is; a page whose connection is lost looks different. */
export function showLink(state: "live" | "lost", text: string): void {
  const link = $("link");
  link.dataset.link = document.body.dataset.link = state;
  setText(link, text);
}
