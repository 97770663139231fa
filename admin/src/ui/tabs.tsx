import { clsx } from 'clsx';
import { Link } from 'wouter';

interface Tab {
  id: string;
  href: string;
  label: string;
}

/** Parts of a view, each with an address of its own. */
export function Tabs({ label, tabs, now }: { label: string; tabs: Tab[]; now: string }) {
  return (
    <nav aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map(({ id, href, label: name }) => (
        <Link
          key={id}
          href={href}
          aria-current={id === now ? 'page' : undefined}
          className={clsx(
            '-mb-px border-b-2 px-3 py-2 whitespace-nowrap outline-offset-[-2px]',
            id === now
              ? 'border-accent-ink font-semibold text-ink'
              : 'border-transparent text-ink-soft hover:border-line-strong hover:text-ink',
          )}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}
