import * as Ariakit from '@ariakit/react/menu';
import { clsx } from 'clsx';
import { Check } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';

const ITEM =
  'flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm outline-none data-[active-item]:bg-hover aria-disabled:cursor-not-allowed aria-disabled:opacity-55';

interface MenuProps {
  button: ReactNode;
  buttonClass: string;
  label?: string;
  placement?: 'bottom-end' | 'bottom-start' | 'top-start';
  children: ReactNode;
}

/** A button that opens a menu. */
export function Menu({
  button,
  buttonClass,
  label,
  placement = 'bottom-end',
  children,
}: MenuProps) {
  return (
    <Ariakit.MenuProvider placement={placement}>
      <Ariakit.MenuButton className={buttonClass} aria-label={label} title={label}>
        {button}
      </Ariakit.MenuButton>
      <Ariakit.Menu
        gutter={6}
        fixed
        unmountOnHide
        className="z-50 max-h-[var(--popover-available-height)] min-w-52 overflow-y-auto rounded-xl border border-line bg-raised p-1.5 text-ink shadow-xl outline-none"
      >
        {children}
      </Ariakit.Menu>
    </Ariakit.MenuProvider>
  );
}

export function MenuItem({
  onSelect,
  tone,
  ...rest
}: Omit<ComponentProps<typeof Ariakit.MenuItem>, 'onSelect' | 'className'> & {
  onSelect: () => void;
  tone?: 'danger';
}) {
  return (
    <Ariakit.MenuItem
      {...rest}
      onClick={onSelect}
      className={clsx(ITEM, tone && 'text-danger-ink')}
    />
  );
}

interface MenuRadioProps {
  name: string;
  value: string;
  checked: boolean;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuRadio({ name, value, checked, onSelect, children }: MenuRadioProps) {
  return (
    <Ariakit.MenuItemRadio
      name={name}
      value={value}
      checked={checked}
      onChange={onSelect}
      className={ITEM}
    >
      {children}
      <Check
        aria-hidden
        className={clsx('ms-auto size-4 text-accent-ink', !checked && 'invisible')}
      />
    </Ariakit.MenuItemRadio>
  );
}

export function MenuCheck({ name, checked, onSelect, children }: Omit<MenuRadioProps, 'value'>) {
  return (
    <Ariakit.MenuItemCheckbox name={name} checked={checked} onChange={onSelect} className={ITEM}>
      {children}
      <Check
        aria-hidden
        className={clsx('ms-auto size-4 text-accent-ink', !checked && 'invisible')}
      />
    </Ariakit.MenuItemCheckbox>
  );
}

export function MenuHeading({ children }: { children: ReactNode }) {
  return (
    <div role="presentation" className="px-2.5 pb-1 pt-2 text-xs font-medium text-ink-faint">
      {children}
    </div>
  );
}
