import { memo } from 'react';
import { assertNever } from '../base/assert-never.ts';
import { CopyButton } from './copy-button.tsx';
import { type MarkdownBlock, parseMarkdown } from './markdown/blocks.ts';
import { type Inline, parseInline } from './markdown/inline.ts';

/** Markdown as elements; nothing of the text ever becomes markup. */
export const MarkdownText = memo(function MarkdownText({ text }: { text: string }) {
  return (
    <div className="prose">
      <Blocks blocks={parseMarkdown(text)} />
    </div>
  );
});

function Blocks({ blocks }: { blocks: readonly MarkdownBlock[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in their order
  return blocks.map((block, index) => <Block key={index} block={block} />);
}

function Block({ block }: { block: MarkdownBlock }) {
  switch (block.type) {
    case 'paragraph':
      return (
        <p className="whitespace-pre-line">
          <Inlines text={block.text} />
        </p>
      );
    case 'heading':
      return <Heading level={block.level} text={block.text} />;
    case 'code':
      return <CodeBlock text={block.text} />;
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case 'list':
      return <List block={block} />;
    case 'table':
      return <Table block={block} />;
    case 'rule':
      return <hr />;
    default:
      return assertNever(block, 'block');
  }
}

// Not real headings: what an agent wrote is no part of the page's own structure.
function Heading({ level, text }: { level: number; text: string }) {
  return (
    <p className={level <= 2 ? 'prose-title' : 'prose-subtitle'}>
      <Inlines text={text} />
    </p>
  );
}

export function CodeBlock({ text }: { text: string }) {
  return (
    <div className="group/copy relative rounded-md border border-line bg-sunken">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre className="overflow-x-auto px-3 py-2 pr-9 font-mono text-12" tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={() => text} label="Copy the code" className="absolute top-1.5 right-1.5 bg-sunken" />
    </div>
  );
}

function List({ block }: { block: Extract<MarkdownBlock, { type: 'list' }> }) {
  const items = block.items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in their order
    <li key={index}>
      <Blocks blocks={item} />
    </li>
  ));
  return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
}

function Table({ block }: { block: Extract<MarkdownBlock, { type: 'table' }> }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <table tabIndex={0}>
      <thead>
        <tr>
          {block.header.map((cell, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in their order
            <th key={index}>
              <Inlines text={cell} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {block.rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in their order
          <tr key={index}>
            {row.map((cell, column) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in their order
              <td key={column}>
                <Inlines text={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Inlines({ text }: { text: string }) {
  return <InlineParts parts={parseInline(text)} />;
}

function InlineParts({ parts }: { parts: readonly Inline[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in their order
  return parts.map((part, index) => <InlinePart key={index} part={part} />);
}

function InlinePart({ part }: { part: Inline }) {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'code':
      return <code>{part.text}</code>;
    case 'strong':
      return (
        <strong>
          <InlineParts parts={part.children} />
        </strong>
      );
    case 'emphasis':
      return (
        <em>
          <InlineParts parts={part.children} />
        </em>
      );
    case 'struck':
      return (
        <s>
          <InlineParts parts={part.children} />
        </s>
      );
    case 'link':
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer">
          <InlineParts parts={part.children} />
        </a>
      );
    default:
      return assertNever(part, 'inline part');
  }
}
