import type { CSSProperties } from 'react';

/** A connector's icon. It is used as a mask, so that it takes the colour around it and no markup of it runs here. */
export function Glyph({ svg }: { svg: string }) {
  return <span className="glyph" style={{ '--glyph': `url("data:image/svg+xml,${encodeURIComponent(svg)}")` } as CSSProperties} aria-hidden />;
}

export function Plate({ svg, small }: { svg: string; small?: boolean }) {
  return <span className={`plate ${small ? 'small' : ''}`}><Glyph svg={svg} /></span>;
}
