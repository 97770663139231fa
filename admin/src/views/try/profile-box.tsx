import { Combobox, ComboboxItem, ComboboxPopover, ComboboxProvider } from '@ariakit/react/combobox';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '../../api/client';
import { inputClass } from '../../ui/field';

const SHOWN = 20;

interface ProfileBoxProps {
  id: string;
  'aria-invalid'?: boolean | undefined;
  'aria-describedby'?: string | undefined;
  'data-fault': boolean;
  value: string;
  onChange: (value: string) => void;
}

/** A profile by its label, ARN or model; any other id of Bedrock can be typed too. */
export function ProfileBox({ value, onChange, ...input }: ProfileBoxProps) {
  const { t } = useTranslation();
  const q = useDeferredValue(value.trim()).slice(0, 500);
  const { data } = useQuery({
    queryKey: ['profiles', 'box', q],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/profiles', { params: { query: { q, limit: SHOWN } }, signal })),
    placeholderData: keepPreviousData,
  });
  const items = data?.items ?? [];
  return (
    <ComboboxProvider inputValue={value} setInputValue={onChange}>
      <Combobox
        {...input}
        className={inputClass}
        dir="auto"
        autoComplete="off"
        placeholder={t('try.profileHint')}
      />
      {items.length > 0 && (
        <ComboboxPopover
          sameWidth
          gutter={4}
          aria-label={t('try.profiles')}
          className="z-30 max-h-72 overflow-auto rounded-lg border border-line bg-raised p-1 shadow-lg"
        >
          {items.map((profile) => (
            <ComboboxItem
              key={profile.id}
              value={profile.arn ?? profile.id}
              className="cursor-pointer rounded-md px-2 py-1.5 data-[active-item]:bg-hover"
            >
              <span className="flex min-w-0 flex-col">
                <bdi className="truncate font-medium">
                  {profile.label ?? profile.name ?? profile.id}
                </bdi>
                <span className="truncate text-xs text-ink-faint">
                  {[profile.model, profile.region].filter(Boolean).join(' · ')}
                </span>
              </span>
            </ComboboxItem>
          ))}
        </ComboboxPopover>
      )}
    </ComboboxProvider>
  );
}
