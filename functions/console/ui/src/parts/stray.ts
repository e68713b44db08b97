// The second press of a double click falls on whatever stands under it by then. Where
// the first one has opened a dialog, gone on in it or closed it, that is something that
// nobody meant: what is beside a dialog closes it again, and with it a key that is shown
// once; in the place of Publish there is Done; behind it there is a page.
let pressed = 0;
let changed = 0;

/** Notes that a dialog has come, goes on with other buttons, or has gone. */
export function noteChange(): void {
  changed = performance.now();
}

/** Keeps a press from what was not there at the first press of the same double click. */
export function dropStrayPresses(): void {
  const look = (event: MouseEvent) => {
    if (event.type === 'mousedown' && event.detail <= 1) pressed = performance.now();
    if (event.detail <= 1 || changed <= pressed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  // Before everybody else who listens: this is called before anything is drawn.
  for (const type of ['mousedown', 'mouseup', 'click', 'dblclick'] as const) document.addEventListener(type, look, true);
}
