import type { Viewport } from '@xyflow/react';

/** Below this zoom the buttons of the canvas are too small to be pressed, and its text too small to be read. */
const FAR = 0.4;

const board = () => document.querySelector('.board')?.classList;

/**
 * What the canvas tells its style while it is moved, past React: nothing is drawn anew
 * for it. While it moves it is one layer, which is shifted and not painted again.
 */
export const moving = {
  onMoveStart: () => board()?.add('moving'),
  onMoveEnd: () => board()?.remove('moving', 'dragged'),
  onMove: (event: MouseEvent | TouchEvent | null, { zoom }: Viewport) => {
    board()?.toggle('far', zoom < FAR);
    // Not before it has moved: what is pressed alone is clicked.
    if (event instanceof MouseEvent && !(event instanceof WheelEvent)) board()?.add('dragged');
  },
};
