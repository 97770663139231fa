import { clsx } from 'clsx';

/** Any value of JSON in one line: what is there now, or what was there before. */
export function Value({ of, isGone = false }: { of: unknown; isGone?: boolean }) {
  const text = typeof of === 'string' ? of : JSON.stringify(of);
  const Tag = isGone ? 'del' : 'ins';
  return (
    <Tag
      className={clsx(
        'rounded px-1 font-mono text-xs [overflow-wrap:anywhere]',
        isGone ? 'bg-danger-soft text-danger-ink' : 'bg-accent-soft text-accent-ink no-underline',
      )}
    >
      <bdi>{text}</bdi>
    </Tag>
  );
}
