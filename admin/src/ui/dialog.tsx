import { Dialog as AriakitDialog, DialogDismiss, DialogHeading } from '@ariakit/react/dialog';
import { clsx } from 'clsx';
import { X } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { buttonClass } from './button';

interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  /** At the side, from top to bottom. */
  isPanel?: boolean;
  size?: 'small' | 'medium' | 'large';
  /** It cannot be closed by Escape, or by a click beside it. */
  isFixed?: boolean;
}

const SIZES = { small: 'md:max-w-md', medium: 'md:max-w-2xl', large: 'md:max-w-5xl' };

/** Where the focus was before the dialogs that are open, the latest first. */
let before: HTMLElement[] = [];

/** Gives the focus back when a dialog is gone, also where one dialog came after another. */
function useFocusBack(isOpen: boolean): void {
  const [openers] = useState(() => {
    const { activeElement } = document;
    if (!(activeElement instanceof HTMLElement) || activeElement === document.body) return before;
    const isWithin = activeElement.closest('[role=dialog]') !== null;
    before = [activeElement, ...(isWithin ? before : [])];
    return before;
  });
  useEffect(() => {
    if (!isOpen) return undefined;
    return () => {
      setTimeout(() => {
        if (document.activeElement !== document.body) return;
        const places = [...openers, document.querySelector('h1')];
        places.find((one): one is HTMLElement => one?.isConnected === true)?.focus();
      });
    };
  }, [isOpen, openers]);
}

/** A modal dialog: the focus goes into it, stays, and goes back to where it was. */
export function Dialog({
  isOpen,
  onClose,
  title,
  children,
  footer,
  isPanel = false,
  size = 'medium',
  isFixed = false,
}: DialogProps) {
  const { t } = useTranslation();
  useFocusBack(isOpen);
  return (
    <AriakitDialog
      open={isOpen}
      onClose={onClose}
      unmountOnHide
      hideOnEscape={!isFixed}
      hideOnInteractOutside={!isFixed}
      backdrop={<div className="bg-shade" />}
      className={clsx(
        'fixed z-40 flex flex-col border-line bg-surface text-ink shadow-2xl outline-none',
        isPanel
          ? 'inset-x-0 bottom-0 max-h-[92dvh] rounded-t-2xl border-t md:inset-y-0 md:start-auto md:end-0 md:max-h-none md:w-[30rem] md:max-w-full md:rounded-none md:border-s md:border-t-0'
          : 'inset-x-0 bottom-0 mx-auto max-h-[92dvh] w-full rounded-t-2xl border md:bottom-auto md:top-[max(2rem,6dvh)] md:max-h-[88dvh] md:rounded-2xl',
        !isPanel && SIZES[size],
      )}
    >
      <div className="flex items-start justify-between gap-3 border-b border-line px-5 py-3.5">
        <DialogHeading className="min-w-0 pt-1 text-base font-semibold">{title}</DialogHeading>
        {!isFixed && (
          <DialogDismiss aria-label={t('common.close')} className={buttonClass('quiet', true)}>
            <X aria-hidden className="size-5" />
          </DialogDismiss>
        )}
      </div>
      <div
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and may hold nothing to focus
        tabIndex={0}
        role="group"
        aria-label={t('common.content')}
        className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-5 py-4 outline-offset-[-2px]"
      >
        {children}
      </div>
      {footer && (
        <div className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
          {footer}
        </div>
      )}
    </AriakitDialog>
  );
}
