import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const TEXT = /\.(?:html|js|css|svg|json)$/;

/** Files below this many bytes gain nothing by compression. */
const SMALL = 1024;

/** Writes `.br` and `.gz` beside each file, for the router to serve. */
function compress(folder: string): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !TEXT.test(entry.name)) continue;
        const file = join(entry.parentPath, entry.name);
        const bytes = readFileSync(file);
        if (bytes.length < SMALL) continue;
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: quality }));
        writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  // The router is mounted anywhere: every file is named relative to the one that loads it.
  base: './',
  plugins: [react(), tailwindcss(), compress(join(import.meta.dirname, 'dist'))],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    // The Content Security Policy allows images alone as data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // A few files instead of one for each icon: every request costs a slow connection a round trip.
        codeSplitting: {
          groups: [
            { name: 'components', test: /node_modules[\\/]@ariakit/, priority: 3 },
            {
              name: 'table',
              test: /node_modules[\\/]@tanstack[\\/](?:react-)?(?:table|virtual)/,
              priority: 3,
            },
            {
              name: 'shell',
              test: /node_modules[\\/](?:react|react-dom|scheduler|i18next|react-i18next|wouter|regexparam|use-sync-external-store|clsx|lucide-react|openapi-fetch|@tanstack[\\/](?:react-)?query(?:-core)?)[\\/]/,
              priority: 4,
            },
            {
              name: 'shared',
              test: /src[\\/](?:ui|app|api)[\\/](?!session-over|preferences|menu|dialog|data-table|use-pages|json|diff|tabs|facts)/,
              priority: 1,
            },
          ],
        },
      },
    },
  },
  server: {
    // `npm run dev` beside `npx bedrock-profile-client ui --port 4000`.
    proxy: { '/api': 'http://127.0.0.1:4000', '/sign-in': 'http://127.0.0.1:4000' },
  },
});
