import { Inbox, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyStateProps {
  icon?: LucideIcon;
  title: string;
  text?: ReactNode;
  children?: ReactNode;
}

/** Where there is nothing yet: what it means, and what to do. */
export function EmptyState({ icon: Icon = Inbox, title, text, children }: EmptyStateProps) {
  return (
    <div className="mx-auto flex w-full max-w-xl flex-col items-center gap-3 px-4 py-12 text-center">
      <span className="rounded-2xl bg-sunken p-3 text-ink-faint">
        <Icon aria-hidden className="size-7" />
      </span>
      <h2 className="text-base font-semibold">{title}</h2>
      {text && <div className="space-y-2 text-ink-soft">{text}</div>}
      {children && <div className="mt-1 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  );
}
