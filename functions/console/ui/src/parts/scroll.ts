import { useLayoutEffect, type RefObject } from 'react';

// How far down each page was when it was left, by its path, for the way back.
const places = new Map<string, number>();
let isBack = false;

// Going on in the history tells of itself like this, too, and it leads to a page that was left before.
window.addEventListener('popstate', () => {
  isBack = true;
  setTimeout(() => { isBack = false; }); // it may have led to the same page, with another filter
});

/** Pages share one pane that scrolls: a page begins at its top, and by the browser's Back where it was left. */
export function usePlaces(pane: RefObject<HTMLElement | null>, path: string): void {
  useLayoutEffect(() => {
    const element = pane.current!;
    const wanted = isBack ? (places.get(path) ?? 0) : 0;
    element.scrollTop = wanted;
    // What has to be read first makes the page long enough only then.
    const grown = new ResizeObserver(() => {
      if (element.scrollTop < wanted) element.scrollTop = wanted;
      if (element.scrollTop >= wanted) grown.disconnect();
    });
    if (element.scrollTop < wanted) for (const child of element.children) grown.observe(child);
    const note = () => { places.set(path, element.scrollTop); };
    const moved = () => grown.disconnect(); // by the person, who then is where they want to be
    element.addEventListener('scroll', note, { passive: true });
    element.addEventListener('wheel', moved, { passive: true });
    return () => {
      grown.disconnect();
      element.removeEventListener('scroll', note);
      element.removeEventListener('wheel', moved);
    };
  }, [pane, path]);
}
