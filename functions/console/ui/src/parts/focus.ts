/** What the focus can go back to when a dialog closes, the nearest first. */
export type Openers = HTMLElement[];

// Openers of the dialogs that are open, the innermost last.
const open: Openers[] = [];

/**
 * What a dialog that is about to be drawn is opened from. That may be gone when the
 * dialog closes: then an item of a menu stands for the menu's button, and something in
 * another dialog, which the new one takes the place of, for what opened that one.
 */
export function openersNow(): Openers {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || active === document.body) return open.at(-1) ?? [];
  const menu = active.closest('[role="menu"]');
  const button = menu && document.getElementById(menu.getAttribute('aria-labelledby') ?? '');
  return [active, ...(button ? [button] : []), ...(active.closest('[role="dialog"]') ? (open.at(-1) ?? []) : [])];
}

/** Notes that a dialog is open; gives what notes that it is not. */
export function noteOpen(openers: Openers): () => void {
  open.push(openers);
  return () => { open.splice(open.lastIndexOf(openers), 1); };
}

/** Gives the focus back, unless it is somewhere already, as in the panel of a step that was added. */
export function returnFocus(openers: Openers): void {
  if (openers.length === 0 || (document.activeElement && document.activeElement !== document.body)) return;
  // What cannot take the focus, as it is gone or disabled, leaves it where it is.
  for (const element of [...openers, document.getElementById('main')]) {
    element?.focus({ preventScroll: true });
    if (element && document.activeElement === element) return;
  }
}
