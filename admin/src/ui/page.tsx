import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** Whether a view was shown before: the first one takes no focus. */
let wasShown = false;

interface PageProps {
  title: string;
  intro?: ReactNode;
  /** Buttons beside the heading. */
  actions?: ReactNode;
  /** The view fills the window and scrolls within. */
  isTall?: boolean;
  children: ReactNode;
}

/** A view: its heading gets the focus when one comes to it, and the window is named after it. */
export function Page({ title, intro, actions, isTall = false, children }: PageProps) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – ${t('app.name')}`;
  }, [title, t]);
  useEffect(() => {
    if (wasShown) heading.current?.focus();
    wasShown = true;
  }, []);
  return (
    <div
      className={
        isTall
          ? 'flex min-h-0 flex-1 flex-col gap-4 p-4 md:h-dvh md:flex-none md:p-6'
          : 'flex flex-1 flex-col gap-5 p-4 md:p-6'
      }
    >
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0">
          <h1 ref={heading} tabIndex={-1} className="text-xl font-semibold tracking-tight">
            {title}
          </h1>
          {intro && <p className="mt-0.5 max-w-prose text-ink-faint">{intro}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {children}
    </div>
  );
}
