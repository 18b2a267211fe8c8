import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env['TIDINGS_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    // The server's content security policy allows no inline data but images.
    assetsInlineLimit: 0,
    // Libraries change seldom: they stay in the browser's cache over our own releases.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'react',
              test: /node_modules[\\/](react|react-dom|react-router|scheduler)[\\/]/,
            },
            { name: 'libraries', test: /node_modules/ },
          ],
        },
      },
    },
  },
  server: {
    proxy: { '/v1': { target: server, ws: true } },
  },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
  },
});
