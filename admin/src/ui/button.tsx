import { clsx } from 'clsx';
import { LoaderCircle } from 'lucide-react';
import type { ComponentPropsWithRef } from 'react';

export type Tone = 'primary' | 'plain' | 'quiet' | 'danger';

const TONES: Record<Tone, string> = {
  primary: 'bg-accent text-white hover:bg-accent-hover border-transparent',
  plain: 'bg-raised text-ink border-line hover:bg-hover',
  quiet: 'bg-transparent text-ink-soft border-transparent hover:bg-hover hover:text-ink',
  danger: 'bg-danger text-white hover:bg-danger-hover border-transparent',
};

export const buttonClass = (tone: Tone = 'plain', isSquare = false): string =>
  clsx(
    'inline-flex min-h-9 shrink-0 items-center justify-center gap-2 rounded-lg border text-sm font-medium whitespace-nowrap transition-colors disabled:opacity-55',
    isSquare ? 'size-9 p-0' : 'px-3 py-1.5',
    TONES[tone],
  );

interface ButtonProps extends ComponentPropsWithRef<'button'> {
  tone?: Tone;
  isBusy?: boolean;
}

/** A button; while it is busy it stays where the focus is and does nothing. */
export function Button({
  tone = 'plain',
  isBusy = false,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
      aria-disabled={isBusy || undefined}
      className={clsx(buttonClass(tone), isBusy && 'opacity-70', className)}
    >
      {isBusy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentPropsWithRef<'button'> {
  label: string;
  tone?: Tone;
}

/** A button that shows an icon alone. */
export function IconButton({
  label,
  tone = 'quiet',
  className,
  children,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={clsx(buttonClass(tone, true), className)}
    >
      {children}
    </button>
  );
}
