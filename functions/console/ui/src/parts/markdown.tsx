import { Fragment, type ReactNode } from 'react';

// The Markdown of setup guides: numbered and plain lists, nested by indent,
// paragraphs, bold, italics, code and links. Anything else stays text.

export interface Item {
  text: string;
  children: Block[];
}

export type Block = { kind: 'paragraph'; text: string } | { kind: 'list'; ordered: boolean; start: number; items: Item[] };

const bullet = /^(\s*)(?:(\d+)\.|[-*])\s+(.*)$/;

/** Reads the blocks of a text. */
export function parseMarkdown(source: string): Block[] {
  const lines = source.replace(/\r/g, '').split('\n');
  let at = 0;

  function blocks(indent: number): Block[] {
    const found: Block[] = [];
    while (at < lines.length) {
      const line = lines[at]!;
      if (line.trim() === '') { at++; continue; }
      const depth = line.length - line.trimStart().length;
      if (depth < indent) return found;
      const match = bullet.exec(line);
      if (match) found.push(list(depth, match[2] !== undefined));
      else found.push({ kind: 'paragraph', text: paragraph() });
    }
    return found;
  }

  function paragraph(): string {
    const text: string[] = [];
    while (at < lines.length && lines[at]!.trim() !== '' && !bullet.test(lines[at]!)) text.push(lines[at++]!.trim());
    return text.join(' ').replace(/^#+\s+/, '');
  }

  function list(depth: number, ordered: boolean): Block {
    const items: Item[] = [];
    let start = 1;
    while (at < lines.length) {
      if (lines[at]!.trim() === '') {
        // A blank line ends the list unless an item of it follows.
        const next = bullet.exec(lines[at + 1] ?? '');
        if (!next || next[1]!.length !== depth || (next[2] !== undefined) !== ordered) break;
        at++;
        continue;
      }
      const match = bullet.exec(lines[at]!);
      if (!match || match[1]!.length !== depth || (match[2] !== undefined) !== ordered) break;
      if (items.length === 0 && ordered) start = Number(match[2]);
      at++;
      const text = [match[3]!];
      while (at < lines.length && lines[at]!.trim() !== '' && !bullet.test(lines[at]!)) text.push(lines[at++]!.trim());
      items.push({ text: text.join(' '), children: blocks(depth + 1) });
    }
    return { kind: 'list', ordered, start, items };
  }

  return blocks(0);
}

const inline = /\*\*(.+?)\*\*|\*(.+?)\*|`([^`]+)`|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)|(https?:\/\/[^\s)]+[^\s).,])/g;

function words(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(inline)) {
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [, bold, italic, code, label, target, url] = match;
    if (bold) parts.push(<strong key={end}>{words(bold)}</strong>);
    else if (italic) parts.push(<em key={end}>{words(italic)}</em>);
    else if (code) parts.push(<code key={end}>{code}</code>);
    else parts.push(<a key={end} href={target ?? url} target="_blank" rel="noreferrer noopener">{label ?? url}</a>);
  }
  parts.push(text.slice(end));
  return parts.map((part, i) => <Fragment key={i}>{part}</Fragment>);
}

function Blocks({ blocks }: { blocks: Block[] }) {
  return blocks.map((block, i) => {
    if (block.kind === 'paragraph') return <p key={i}>{words(block.text)}</p>;
    const items = block.items.map((item, j) => <li key={j}>{words(item.text)}<Blocks blocks={item.children} /></li>);
    return block.ordered ? <ol key={i} start={block.start}>{items}</ol> : <ul key={i}>{items}</ul>;
  });
}

export function Markdown({ source }: { source: string }) {
  return <div className="guide" tabIndex={0}><Blocks blocks={parseMarkdown(source)} /></div>;
}
