import { clsx } from 'clsx';
import { CircleAlert, TriangleAlert } from 'lucide-react';
import { useId, type ComponentPropsWithRef, type ReactNode } from 'react';

export const inputClass =
  'w-full min-w-0 rounded-lg border border-line-strong bg-raised px-3 py-1.5 text-sm text-ink min-h-9 aria-invalid:border-danger-ink disabled:opacity-60 read-only:bg-sunken';

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  warning?: string | undefined;
  isOptional?: string | undefined;
  className?: string;
  /** Gets the attributes that tie the control to its label, hint and error. */
  children: (control: {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': boolean | undefined;
  }) => ReactNode;
}

/** A labelled control, with what is wrong with it below. */
export function Field({
  label,
  hint,
  error,
  warning,
  isOptional,
  className,
  children,
}: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, (error ?? warning) && `${id}-said`]
    .filter(Boolean)
    .join(' ');
  return (
    <div className={clsx('flex flex-col gap-1', className)}>
      <label htmlFor={id} className="font-medium">
        {label}
        {isOptional && <span className="font-normal text-ink-faint"> {isOptional}</span>}
      </label>
      {children({
        id,
        'aria-describedby': described === '' ? undefined : described,
        'aria-invalid': error ? true : undefined,
      })}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-ink-faint">
          {hint}
        </p>
      )}
      {(error ?? warning) && (
        <p
          id={`${id}-said`}
          className={clsx(
            'flex items-start gap-1.5 text-xs',
            error ? 'text-danger-ink' : 'text-warning-ink',
          )}
        >
          {error ? (
            <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
          ) : (
            <TriangleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
          )}
          <span className="[overflow-wrap:anywhere]">{error ?? warning}</span>
        </p>
      )}
    </div>
  );
}

export function Input({ className, ...rest }: ComponentPropsWithRef<'input'>) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      dir="auto"
      {...rest}
      className={clsx(inputClass, className)}
    />
  );
}

export function Textarea({ className, ...rest }: ComponentPropsWithRef<'textarea'>) {
  return (
    <textarea
      spellCheck={false}
      dir="auto"
      {...rest}
      className={clsx(inputClass, 'min-h-24', className)}
    />
  );
}

export function Select({ className, ...rest }: ComponentPropsWithRef<'select'>) {
  return <select {...rest} className={clsx(inputClass, 'pe-2', className)} />;
}

interface CheckboxProps extends Omit<ComponentPropsWithRef<'input'>, 'type'> {
  label: ReactNode;
  /** The label is for screen readers alone. */
  isBare?: boolean;
}

export function Checkbox({ label, isBare = false, className, ...rest }: CheckboxProps) {
  return (
    <label className={clsx('inline-flex min-h-6 cursor-pointer items-center gap-2', className)}>
      <input type="checkbox" {...rest} className="size-4 shrink-0 accent-accent" />
      <span className={isBare ? 'sr-only' : 'min-w-0 [overflow-wrap:anywhere]'}>{label}</span>
    </label>
  );
}
