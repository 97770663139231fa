import {
  flexRender,
  getCoreRowModel,
  useReactTable,
  type ColumnDef,
  type SortingState,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { clsx } from 'clsx';
import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react';
import { useEffect, useMemo, useRef, useSyncExternalStore, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';

declare module '@tanstack/react-table' {
  interface ColumnMeta<TData, TValue> {
    /** Its width in the grid: `minmax(10rem, 2fr)`. */
    width: string;
    /** Stands beside the heading of a card on a phone, without a label. */
    isPlain?: boolean;
    /** Is not shown on a phone. */
    isWide?: boolean;
    _data?: TData;
    _value?: TValue;
  }
}

/** Rows up to which each has the height of what is in it; of more, all have the same, which costs nothing. */
const MOST_MEASURED = 2000;

/** A card on a phone, where it is not measured. */
const CARD_HEIGHT = 212;

const PHONE = window.matchMedia('(max-width: 47.99rem)');

function useIsPhone(): boolean {
  return useSyncExternalStore(
    (listener) => {
      PHONE.addEventListener('change', listener);
      return () => PHONE.removeEventListener('change', listener);
    },
    () => PHONE.matches,
  );
}

interface DataTableProps<T> {
  label: string;
  columns: ColumnDef<T>[];
  /** How many rows there are, loaded or not. */
  total: number;
  /** A row; `undefined` while it is being loaded. */
  rowAt: (index: number) => T | undefined;
  keyOf: (row: T) => string;
  /** Rows that are looked at, for whoever loads them. */
  onRange?: (first: number, last: number) => void;
  /** `label`, or `-label` for the other way round. */
  sort?: string;
  onSort?: (sort: string) => void;
  rowHeight?: number;
  isSelected?: (row: T) => boolean;
  /** Below this width it scrolls sideways. */
  minWidth?: string;
  className?: string;
}

interface Slot<T> {
  index: number;
  row: T | undefined;
}

/**
 * A table of any number of rows: only those that are seen are in the document. On a phone each row is a card.
 * Sorting, and which rows there are, is up to whoever gives the rows.
 */
export function DataTable<T>({
  label,
  columns,
  total,
  rowAt,
  keyOf,
  onRange,
  sort,
  onSort,
  rowHeight = 56,
  isSelected,
  minWidth = '60rem',
  className,
}: DataTableProps<T>) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const isPhone = useIsPhone();
  const isMeasured = total <= MOST_MEASURED;
  const height = isPhone ? CARD_HEIGHT : rowHeight;
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is compiled
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 8,
  });
  useEffect(() => virtual.measure(), [virtual, height]);
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onRange?.(first, last), [onRange, first, last]);

  const sorting = useMemo<SortingState>(
    () => (sort ? [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }] : []),
    [sort],
  );
  const table = useReactTable<Slot<T>>({
    data: items.map(({ index }) => ({ index, row: rowAt(index) })),
    columns: columns as unknown as ColumnDef<Slot<T>>[],
    state: { sorting },
    manualSorting: true,
    // The rows are others with each step of scrolling.
    autoResetAll: false,
    getCoreRowModel: getCoreRowModel(),
    getRowId: ({ index, row }) => (row === undefined ? `#${index}` : keyOf(row)),
  });
  const leafs = table.getVisibleLeafColumns();
  const grid = {
    '--table-width': minWidth,
    '--columns': leafs
      .map((column) => column.columnDef.meta?.width ?? 'minmax(6rem, 1fr)')
      .join(' '),
  } as CSSProperties;

  return (
    <div
      ref={scroller}
      role="region"
      aria-label={label}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
      tabIndex={0}
      style={grid}
      className={clsx(
        'relative min-h-72 flex-1 overflow-auto rounded-xl border border-line bg-surface outline-offset-[-2px]',
        'max-h-[70dvh] md:max-h-none',
        className,
      )}
    >
      <div
        role="table"
        aria-label={label}
        aria-rowcount={total + 1}
        className="md:min-w-[var(--table-width)]"
      >
        <div role="rowgroup" className="sticky top-0 z-10">
          <div
            role="row"
            aria-rowindex={1}
            className="flex overflow-x-auto border-b border-line bg-surface md:grid md:grid-cols-[var(--columns)] md:overflow-visible"
          >
            {table.getHeaderGroups()[0]?.headers.map((header) => {
              const { column } = header;
              const content = flexRender(column.columnDef.header, header.getContext());
              const direction = column.getIsSorted();
              const canSort = onSort !== undefined && column.columnDef.enableSorting === true;
              const Icon =
                direction === 'asc' ? ArrowUp : direction === 'desc' ? ArrowDown : ChevronsUpDown;
              return (
                <div
                  key={header.id}
                  role="columnheader"
                  aria-sort={
                    canSort
                      ? direction === 'asc'
                        ? 'ascending'
                        : direction === 'desc'
                          ? 'descending'
                          : 'none'
                      : undefined
                  }
                  className={clsx(
                    'flex shrink-0 items-center px-3 py-2 text-xs font-medium whitespace-nowrap text-ink-faint',
                    !canSort && !column.columnDef.meta?.isPlain && 'max-md:sr-only',
                  )}
                >
                  {canSort ? (
                    <button
                      type="button"
                      onClick={() => onSort(direction === 'asc' ? `-${column.id}` : column.id)}
                      className="-mx-1.5 inline-flex items-center gap-1 rounded px-1.5 py-1 text-start hover:bg-hover hover:text-ink"
                    >
                      {content}
                      <Icon
                        aria-hidden
                        className={clsx('size-3.5', direction ? 'text-accent-ink' : 'opacity-60')}
                      />
                    </button>
                  ) : (
                    content
                  )}
                </div>
              );
            })}
          </div>
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {table.getRowModel().rows.map((row, at) => {
            const item = items[at];
            const { row: data, index } = row.original;
            if (item === undefined) return null;
            const selected = data !== undefined && (isSelected?.(data) ?? false);
            return (
              <div
                key={row.id}
                ref={isMeasured ? virtual.measureElement : undefined}
                data-index={index}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={isSelected ? selected : undefined}
                style={{
                  transform: `translateY(${item.start}px)`,
                  ...(!isMeasured && { height, overflow: 'hidden' }),
                }}
                className={clsx(
                  'absolute inset-x-0 top-0 grid grid-cols-[auto_1fr] items-center gap-x-2 border-b border-line px-2 py-2 md:grid-cols-[var(--columns)] md:gap-x-0 md:px-0 md:py-0',
                  selected ? 'bg-accent-soft' : 'hover:bg-canvas',
                )}
              >
                {row.getVisibleCells().map((cell) => {
                  const { meta, header } = cell.column.columnDef;
                  const name = typeof header === 'string' ? header : undefined;
                  return (
                    <div
                      key={cell.id}
                      role="cell"
                      className={clsx(
                        'min-w-0 px-2 py-0.5 md:px-3 md:py-2',
                        meta?.isWide && 'max-md:hidden',
                        !meta?.isPlain &&
                          'max-md:col-span-2 max-md:flex max-md:items-baseline max-md:gap-2',
                      )}
                    >
                      {!meta?.isPlain && name && (
                        <span
                          aria-hidden
                          className="w-24 shrink-0 text-xs text-ink-faint md:hidden"
                        >
                          {name}
                        </span>
                      )}
                      {data === undefined ? (
                        <span className="block h-4 w-3/4 animate-pulse rounded bg-sunken">
                          <span className="sr-only">{t('common.loading')}</span>
                        </span>
                      ) : (
                        flexRender(cell.column.columnDef.cell, {
                          ...cell.getContext(),
                          row: { ...row, original: data },
                        } as never)
                      )}
                    </div>
                  );
                })}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
