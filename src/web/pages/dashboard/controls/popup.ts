/** Pixels between a button and what it opens, and between that and the edge of the window. */
const GAP = 6;

/**
 * Places what a button opens beside it: above where there is room, else below. The browser itself opens it, and closes it by
 * Escape or a click elsewhere.
 *
 * @param panel has `popover`, and is named by the button's `popovertarget`
 */
export function placePopup(button: HTMLElement, panel: HTMLElement): void {
  function place(): void {
    const { bottom, left, top } = button.getBoundingClientRect();
    const { offsetHeight, offsetWidth } = panel;
    const above = top - offsetHeight - GAP;
    const below = Math.min(bottom + GAP, innerHeight - offsetHeight - GAP);
    panel.style.left = `${Math.max(GAP, Math.min(left, innerWidth - offsetWidth - GAP))}px`;
    panel.style.top = `${Math.max(GAP, above >= GAP ? above : below)}px`;
  }
  panel.addEventListener("toggle", (event) => {
    if ((event as ToggleEvent).newState === "open") place();
  });
  // What is in it may have changed its height.
  new ResizeObserver(() => panel.matches(":popover-open") && place()).observe(panel);
  addEventListener("resize", () => panel.matches(":popover-open") && place());
}
