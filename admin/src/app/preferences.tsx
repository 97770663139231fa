import { useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { LogOut, Monitor, Moon, Settings2, Sun } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/client';
import { sessionQuery } from '../api/queries';
import { setSessionOver } from '../api/session';
import { Menu, MenuHeading, MenuItem, MenuRadio } from '../ui/menu';
import { languageName, languages, setLanguage } from './i18n';
import { setTheme, THEMES, useTheme } from './theme';

const ICONS = { system: Monitor, light: Sun, dark: Moon };

/** Theme, language and who is signed in. */
export default function Preferences({ isUp = false }: { isUp?: boolean }) {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  const { data: session } = useQuery(sessionQuery);
  const signOut = async () => {
    await api.DELETE('/session');
    setSessionOver(true);
  };
  return (
    <Menu
      placement={isUp ? 'top-start' : 'bottom-end'}
      button={
        <>
          <Settings2 aria-hidden className="size-4.5 shrink-0" />
          <span className={clsx(!isUp && 'sr-only')}>{t('preferences.title')}</span>
        </>
      }
      buttonClass={clsx(
        'flex items-center gap-3 rounded-lg px-3 py-2 text-ink-soft hover:bg-hover hover:text-ink',
        isUp && 'w-full',
      )}
    >
      <MenuHeading>{t('preferences.theme')}</MenuHeading>
      {THEMES.map((one) => {
        const Icon = ICONS[one];
        return (
          <MenuRadio
            key={one}
            name="theme"
            value={one}
            checked={theme === one}
            onSelect={() => setTheme(one)}
          >
            <Icon aria-hidden className="size-4" />
            {t(`preferences.themes.${one}`)}
          </MenuRadio>
        );
      })}
      <MenuHeading>{t('preferences.language')}</MenuHeading>
      {languages.map((code) => (
        <MenuRadio
          key={code}
          name="language"
          value={code}
          checked={i18n.language === code}
          onSelect={() => void setLanguage(code)}
        >
          <bdi lang={code}>{languageName(code)}</bdi>
        </MenuRadio>
      ))}
      {session && (
        <>
          <MenuHeading>
            {t('preferences.signedIn')} <bdi>{session.actor}</bdi>
          </MenuHeading>
          {session.mode === 'loopback' && (
            <MenuItem onSelect={() => void signOut()}>
              <LogOut aria-hidden className="size-4" />
              {t('preferences.signOut')}
            </MenuItem>
          )}
        </>
      )}
    </Menu>
  );
}
