import type { Page } from "playwright-core";

/** A text of the page whose contrast with what is behind it is too low. */
export interface PaleText {
  text: string;
  where: string;
  ratio: number;
}

/** In the browser: every text that is seen, with the contrast of its colour and the colours behind it. */
function paleTexts(): PaleText[] {
  // The browser's own names, which Deno's types do not have.
  // deno-lint-ignore no-explicit-any
  const { document, getComputedStyle, NodeFilter } = globalThis as any;
  // deno-lint-ignore no-explicit-any
  type Element = any;
  type Colour = [number, number, number, number];
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const read = (text: string): Colour => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a]: Colour, [R, G, B]: Colour): Colour => [
    r * a + R * (1 - a),
    g * a + G * (1 - a),
    b * a + B * (1 - a),
    1,
  ];
  const light = ([r, g, b]: Colour) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element: Element): Colour => {
    if (element === null) return read(getComputedStyle(document.body).backgroundColor);
    return over(read(getComputedStyle(element).backgroundColor), behind(element.parentElement));
  };
  const opacity = (element: Element): number =>
    element === null ? 1 : Number(getComputedStyle(element).opacity) * opacity(element.parentElement);
  const found: PaleText[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: element, textContent } = walker.currentNode;
    if (textContent.trim() === "" || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest("noscript, .skip:not(:focus), :disabled, option")) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const [r, g, b, a] = read(style.color);
    const front = over([r, g, b, a * opacity(element)], back);
    const [high, low] = [light(front), light(back)].sort((x, y) => y - x) as [number, number];
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) {
      found.push({ text: textContent.trim(), where: element.outerHTML.slice(0, 120), ratio });
    }
  }
  return found;
}

/** Texts that are too pale by WCAG 2: contrast below 4.5, or 3 where they are large. */
export const findPaleTexts = (page: Page): Promise<PaleText[]> => page.evaluate(paleTexts);

/** In the browser: what can be operated and lies in something else that can; each is named by its opening tag. */
function nestedControls(): string[] {
  // deno-lint-ignore no-explicit-any
  const { document } = globalThis as any;
  // Of these, screen readers take all that is in them for text.
  const flat = [
    "button",
    "link",
    "option",
    "radio",
    "checkbox",
    "switch",
    "img",
    "tab",
    "slider",
    "menuitem",
  ];
  const outer = [
    "a[href], button, summary, input, select, textarea",
    ...flat.map((role) => `[role=${role}]`),
  ].join();
  const inner = `a[href], button, summary, input, select, textarea, iframe, [tabindex], ${outer}`;
  // deno-lint-ignore no-explicit-any
  return [...document.querySelectorAll(outer)].flatMap((element: any) =>
    // deno-lint-ignore no-explicit-any
    [...element.querySelectorAll(inner)].filter((each: any) => each.localName !== "option")
      // deno-lint-ignore no-explicit-any
      .map((each: any) => `${each.outerHTML.slice(0, 80)} in ${element.outerHTML.slice(0, 80)}`)
  );
}

export const findNestedControls = (page: Page): Promise<string[]> => page.evaluate(nestedControls);

/** In the browser: landmarks by role and name, and controls that have no name. */
function namesOf(): { landmarks: string[]; nameless: string[] } {
  // deno-lint-ignore no-explicit-any
  const { document } = globalThis as any;
  // deno-lint-ignore no-explicit-any
  const nameOf = (element: any): string => {
    const by = element.getAttribute("aria-labelledby");
    if (by) return by.split(" ").map((id: string) => document.getElementById(id)?.textContent).join(" ");
    const label = element.getAttribute("aria-label");
    return label ?? "";
  };
  const roles: Record<string, string> = {
    "header:not(main header)": "banner",
    "main": "main",
    "footer:not(main footer)": "contentinfo",
    "nav": "navigation",
    "aside": "complementary",
    "section[aria-label], section[aria-labelledby], [role=region]": "region",
    "form[aria-label], [role=form]": "form",
    "search, [role=search]": "search",
  };
  const landmarks = Object.entries(roles).flatMap(([selector, role]) =>
    [...document.querySelectorAll(selector)].map((element) => `${role} ${nameOf(element)}`.trim())
  );
  const controls = "a[href], button, input, select, textarea, [role=listbox], [role=group], [tabindex='0']";
  // deno-lint-ignore no-explicit-any
  const nameless = [...document.querySelectorAll(controls)].filter((element: any) =>
    element.checkVisibility() && nameOf(element) === "" && element.textContent.trim() === "" &&
    element.title === ""
    // deno-lint-ignore no-explicit-any
  ).map((element: any) => element.outerHTML.slice(0, 120));
  return { landmarks, nameless };
}

export const findNames = (page: Page): Promise<{ landmarks: string[]; nameless: string[] }> =>
  page.evaluate(namesOf);
