/** The button that gives a part of the page the whole screen, where the browser can. */
export function makeFullScreenButton(button: HTMLElement, part: HTMLElement): void {
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", () => {
    const done = document.fullscreenElement === part ? document.exitFullscreen() : part.requestFullscreen();
    // What the browser does not allow, it tells the user itself.
    done.catch(() => {});
  });
  document.addEventListener("fullscreenchange", () => {
    button.setAttribute("aria-pressed", String(document.fullscreenElement === part));
  });
}
