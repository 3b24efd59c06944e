import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root: here,
  // Vite minifies the styles; Tailwind's own optimizer warns of ::highlight(), which it does not know.
  plugins: [react(), tailwindcss({ optimize: false })],
  build: {
    outDir: fileURLToPath(new URL('../../dist/web', import.meta.url)),
    emptyOutDir: true,
    // 180 kB gzipped in one file: it is loaded once and then kept by the service worker.
    chunkSizeWarningLimit: 700,
    // The policy of the page allows neither inline scripts nor data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    rolldownOptions: {
      input: { index: `${here}index.html`, sw: `${here}service-worker.ts` },
      output: {
        // A service worker must keep its address; everything else is named by its content.
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
