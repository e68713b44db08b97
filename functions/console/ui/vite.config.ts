import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Where `npm run dev` finds the API: a local stack that is already running.
const api = process.env['SWITCHBOARD_URL'] ?? 'http://127.0.0.1:8787';

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      // The original writes a <style> element, which the Content-Security-Policy
      // refuses. The page itself never scrolls here, only its panes do.
      'react-remove-scroll': fileURLToPath(new URL('src/parts/remove-scroll.tsx', import.meta.url)),
    },
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Whose work is in the pages, with the texts of the licences, which ask for that.
    license: { fileName: 'licenses.json' },
  },
  server: { proxy: Object.fromEntries(['/v1', '/hooks', '/approvals', '/healthz', '/readyz', '/sign-in.json'].map((path) => [path, api])) },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
