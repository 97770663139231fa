import { Search } from 'lucide-react';
import { TypedFilter } from './typed-filter';

interface SearchFieldProps {
  label: string;
  parameters: URLSearchParams;
  change: (changes: Record<string, string | null>) => void;
}

/** What a list is searched by: `q` of the address. */
export function SearchField({ label, parameters, change }: SearchFieldProps) {
  return (
    <div className="relative min-w-0 flex-1 basis-64 md:max-w-md">
      <Search
        aria-hidden
        className="pointer-events-none absolute start-3 top-2.5 size-4 text-ink-faint"
      />
      <TypedFilter
        name="q"
        parameters={parameters}
        change={change}
        type="search"
        aria-label={label}
        placeholder={label}
        className="ps-9"
      />
    </div>
  );
}
