import { useEffect, useState, type RefObject } from 'react';

/** Rows that are drawn above and below what is seen. */
const MARGIN = 8;

/**
 * Which rows of a long list are seen in a scrolling element, where all have the same
 * height: the others need not be drawn, so that 10,000 cost no more than 30.
 */
export function useWindow(ref: RefObject<HTMLElement | null>, count: number, height: number): { from: number; to: number } {
  const [seen, setSeen] = useState({ from: 0, to: 40 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const look = () => {
      const from = Math.max(0, Math.floor(element.scrollTop / height) - MARGIN);
      const to = Math.ceil((element.scrollTop + element.clientHeight) / height) + MARGIN;
      setSeen((before) => (before.from === from && before.to === to ? before : { from, to }));
    };
    look();
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [ref, height, count]);
  return { from: Math.min(seen.from, count), to: Math.min(seen.to, count) };
}

/** Scrolls so that a row is seen: to the next one no further than needed, to one far away into the middle. */
export function reveal(element: HTMLElement | null, index: number, height: number): void {
  if (!element) return;
  const top = index * height;
  const isFar = top < element.scrollTop - height || top > element.scrollTop + element.clientHeight;
  if (isFar) element.scrollTop = top - element.clientHeight / 3;
  else if (top < element.scrollTop) element.scrollTop = top;
  else if (top + height > element.scrollTop + element.clientHeight) element.scrollTop = top + height - element.clientHeight;
}
