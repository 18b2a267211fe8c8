import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/tokens.css';
import './styles/base.css';
import './ui/parts/parts.css';
import { applyTheme } from './store/preferences.ts';
import { resumeAccount } from './store/session.ts';
import { App } from './ui/App.tsx';

applyTheme();
resumeAccount();

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
