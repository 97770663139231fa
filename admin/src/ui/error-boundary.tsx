import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './button';
import { EmptyState } from './empty';
import { Page } from './page';

function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <Page title={t('crash.title')}>
      <div role="alert">
        <EmptyState
          title={t('crash.heading')}
          text={
            <>
              <p>{t('crash.text')}</p>
              <p>
                <code className="text-xs text-ink-faint">
                  {error instanceof Error ? error.message : String(error)}
                </code>
              </p>
            </>
          }
        >
          <Button tone="primary" onClick={() => window.location.reload()}>
            {t('crash.reload')}
          </Button>
          <Button onClick={onRetry}>{t('common.retry')}</Button>
        </EmptyState>
      </div>
    </Page>
  );
}

/** Keeps a view that fails from taking the rest of the page with it. */
export class ErrorBoundary extends Component<
  { children: ReactNode },
  { error: unknown; failed: boolean }
> {
  override state = { error: undefined as unknown, failed: false };

  static getDerivedStateFromError(error: unknown) {
    return { error, failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return <Failed error={this.state.error} onRetry={() => this.setState({ failed: false })} />;
  }
}
