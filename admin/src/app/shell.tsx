import { useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { lazily } from './lazy';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { overviewQuery } from '../api/queries';
import { useSessionOver } from '../api/session';
import { Announcements } from '../ui/announcements';
import { EmptyState } from '../ui/empty';
import { ErrorBoundary } from '../ui/error-boundary';
import { Page } from '../ui/page';
import { Loading } from '../ui/loading';
import { routes, type Route as RouteType } from './routes';

// What the first view can be without for a moment.
const Preferences = lazily(() => import('./preferences'));
const loadSessionOver = () => import('./session-over');
const SessionOver = lazily(loadSessionOver);

function NavLink({ route }: { route: RouteType }) {
  const { t } = useTranslation();
  const [path] = useLocation();
  const isHere = path === route.path;
  const preload = () => void route.load().catch(() => undefined);
  return (
    <Link
      href={route.path}
      aria-current={isHere ? 'page' : undefined}
      onPointerEnter={preload}
      onFocus={preload}
      className={clsx(
        'flex min-w-0 flex-1 flex-col items-center gap-1 rounded-lg px-1 py-1.5 text-[0.6875rem] outline-offset-[-2px]',
        'md:flex-none md:flex-row md:gap-3 md:px-3 md:py-2 md:text-sm',
        isHere ? 'bg-hover font-semibold text-ink' : 'text-ink-soft hover:bg-hover hover:text-ink',
      )}
    >
      <route.icon
        aria-hidden
        className={clsx('size-5 shrink-0 md:size-4.5', isHere && 'text-accent-ink')}
      />
      <span className="max-w-full truncate">{t(`nav.${route.id}`)}</span>
    </Link>
  );
}

function Brand() {
  const { t } = useTranslation();
  return (
    <Link href="/profiles" className="flex items-center gap-2.5 rounded-md px-1 font-semibold">
      <svg viewBox="0 0 32 32" fill="none" aria-hidden className="size-7 shrink-0">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <path
          d="M6 21.500 16 26l10-4.500M6 16l10 4.500L26 16M16 6 6 10.500 16 15l10-4.500z"
          stroke="#fff"
          strokeWidth="2.200"
          strokeLinejoin="round"
          strokeLinecap="round"
        />
      </svg>
      <span>{t('app.name')}</span>
    </Link>
  );
}

/** The version and the region, where there is room. */
function About() {
  const { t } = useTranslation();
  const { data } = useQuery(overviewQuery);
  if (data === undefined) return null;
  return (
    <dl className="mt-auto hidden gap-x-3 gap-y-0.5 border-t border-line px-3 pt-3 text-xs text-ink-faint md:grid md:grid-cols-[auto_1fr]">
      <dt>{t('app.version')}</dt>
      <dd>{data.version}</dd>
      <dt>{t('app.region')}</dt>
      <dd className="truncate">{data.region ?? t('common.unknown')}</dd>
    </dl>
  );
}

function NotFound() {
  const { t } = useTranslation();
  return (
    <Page title={t('notFound.title')}>
      <EmptyState title={t('notFound.heading')} text={t('notFound.text')}>
        <Link href="/profiles" className="text-accent-ink underline">
          {t('notFound.back')}
        </Link>
      </EmptyState>
    </Page>
  );
}

/** What is around every view. */
export function Shell() {
  const { t } = useTranslation();
  const [path] = useLocation();
  const isOver = useSessionOver();
  // Without a session it could not be loaded any more.
  useEffect(() => void loadSessionOver().catch(() => undefined), []);
  return (
    <div className="flex min-h-dvh flex-col md:grid md:grid-cols-[13.5rem_1fr]">
      <a
        href="#main"
        className="fixed start-2 top-2 z-50 -translate-y-20 rounded-md bg-accent px-3 py-2 text-white focus:translate-y-0"
      >
        {t('app.skip')}
      </a>
      <header className="flex items-center justify-between gap-2 border-b border-line bg-surface px-3 py-2 md:hidden">
        <Brand />
        <Suspense fallback={<span className="h-9" />}>
          <Preferences />
        </Suspense>
      </header>
      <aside
        aria-label={t('nav.label')}
        className="fixed inset-x-0 bottom-0 z-20 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:sticky md:inset-auto md:top-0 md:flex md:h-dvh md:flex-col md:border-e md:border-t-0 md:p-3"
      >
        <div className="mb-4 hidden md:block">
          <Brand />
        </div>
        <nav
          aria-label={t('nav.label')}
          className="flex gap-0.5 px-1 py-1 md:flex-col md:gap-1 md:p-0"
        >
          {routes.map((route) => (
            <NavLink key={route.id} route={route} />
          ))}
        </nav>
        <About />
        <div className="mt-3 hidden md:block">
          <Suspense fallback={<span className="block h-9" />}>
            <Preferences isUp />
          </Suspense>
        </div>
      </aside>
      <main
        id="main"
        tabIndex={-1}
        className="flex min-w-0 flex-1 flex-col pb-20 outline-none md:pb-0"
      >
        <ErrorBoundary key={path}>
          <Suspense fallback={<Loading />}>
            <Switch>
              <Route path="/">
                <Redirect to="/profiles" replace />
              </Route>
              {routes.map(({ id, path: at, View }) => (
                <Route key={id} path={at} component={View} />
              ))}
              <Route component={NotFound} />
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </main>
      {isOver && (
        <Suspense fallback={null}>
          <SessionOver />
        </Suspense>
      )}
      <Announcements />
    </div>
  );
}
