import { clsx } from 'clsx';

/** A name that someone has given: in whatever script, as long as it likes. */
export function Name({ children, className }: { children: string; className?: string }) {
  return (
    <bdi dir="auto" className={clsx('[overflow-wrap:anywhere]', className)}>
      {children}
    </bdi>
  );
}

/** An id or an ARN: always from left to right. */
export function Id({ children, className }: { children: string; className?: string }) {
  return (
    <bdi
      dir="ltr"
      className={clsx('font-mono text-[0.8125rem] [overflow-wrap:anywhere]', className)}
    >
      {children}
    </bdi>
  );
}
