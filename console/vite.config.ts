import react from '@vitejs/plugin-react';
import { rolldown } from 'rolldown';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

import { look } from './src/app/look';

// `npm run dev` shows the console over a server that runs already, which refuses pages of other origins than its own.
const SERVER = process.env.STEPWELL_URL ?? 'http://127.0.0.1:8083';

/** The look as a style sheet. What makes it knows every token there is and is large, so it stays behind. */
function lookStyles(): Plugin {
  const id = 'virtual:look.css';
  return {
    name: 'look',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: async (source) => {
      if (source !== `\0${id}`) return undefined;
      // It is written for bundlers, and Node cannot load it as it is.
      const bundle = await rolldown({ input: '@cloudscape-design/components/theming' });
      const { output } = await bundle.generate({ format: 'es' });
      const code = Buffer.from(output[0].code).toString('base64');
      const { generateThemeStylesheet } = await import(`data:text/javascript;base64,${code}`);
      return generateThemeStylesheet({ theme: look });
    },
  };
}

export default defineConfig({
  base: '/console/',
  plugins: [lookStyles(), react()],
  worker: { format: 'es' },
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 1200, modulePreload: { polyfill: false } },
  server: {
    proxy: {
      '/stepwell': { target: SERVER, changeOrigin: true, headers: { origin: SERVER } },
      '^/$': {
        target: SERVER,
        changeOrigin: true,
        headers: { origin: SERVER },
        bypass: (request) => (request.method === 'POST' ? undefined : request.url),
      },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
});
