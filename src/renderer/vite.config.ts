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
    outDir: fileURLToPath(new URL('../../dist/desktop/renderer', import.meta.url)),
    emptyOutDir: true,
    chunkSizeWarningLimit: 700,
    // The policy of the window allows neither inline scripts nor data: addresses of code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
});
