import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { queryClient } from './api/queries';
import './app.css';
import { startLanguage } from './app/i18n';
import { routes } from './app/routes';
import { Shell } from './app/shell';
import { applyTheme } from './app/theme';
import { mount } from './mount';

applyTheme();
// The view is loaded beside the language.
const path = window.location.pathname.slice(mount.length - 1);
const first = routes.find((route) => route.path === path) ?? routes[0];
void first?.load().catch(() => undefined);
await startLanguage();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root.');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Router base={mount.replace(/\/$/, '')}>
        <Shell />
      </Router>
    </QueryClientProvider>
  </StrictMode>,
);
