import { useEffect, useRef, useState, type ComponentPropsWithRef } from 'react';
import { Input } from './field';

interface TypedFilterProps extends Omit<ComponentPropsWithRef<'input'>, 'onChange' | 'value'> {
  name: string;
  parameters: URLSearchParams;
  change: (changes: Record<string, string | null>) => void;
}

/** Milliseconds after the last key. */
const PAUSE = 200;

/** A text that goes into the address a moment after it was typed. */
export function TypedFilter({ name, parameters, change, ...rest }: TypedFilterProps) {
  const there = parameters.get(name) ?? '';
  const [text, setText] = useState(there);
  const sent = useRef(there);
  // The address changes elsewhere too: "clear filters", the browser's back.
  useEffect(() => {
    if (there !== sent.current) {
      sent.current = there;
      setText(there);
    }
  }, [there]);
  useEffect(() => {
    if (text === sent.current) return undefined;
    const timer = setTimeout(() => {
      sent.current = text;
      change({ [name]: text });
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text, name, change]);
  return <Input {...rest} value={text} onChange={(event) => setText(event.target.value)} />;
}
