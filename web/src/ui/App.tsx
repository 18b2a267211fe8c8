/** Which page stands at which address. Those of the signed-in redirect to the entrance and come back. */
import type { ReactNode } from 'react';
import { BrowserRouter, Navigate, Route, Routes, useLocation } from 'react-router';
import { running } from '../store/session.ts';
import { useStore } from '../store/store.ts';
import { EntrancePage } from './entrance/EntrancePage.tsx';
import { JoinPage } from './entrance/JoinPage.tsx';
import { Home } from './home/Home.tsx';
import { DirectoryPage } from './home/DirectoryPage.tsx';
import { Welcome } from './home/Welcome.tsx';
import { RoomPage } from './room/RoomPage.tsx';
import { ShellContext } from './shellContext.ts';

export function App() {
  return (
    <BrowserRouter>
      <Routes>
        <Route path="/sign-in" element={<EntrancePage way="sign-in" />} />
        <Route path="/sign-up" element={<EntrancePage way="sign-up" />} />
        <Route path="/guest" element={<EntrancePage way="guest" />} />
        <Route path="/join/:code" element={<JoinPage />} />
        <Route
          element={
            <SignedIn>
              <Home />
            </SignedIn>
          }
        >
          <Route index element={<Welcome />} />
          <Route path="/r/:room" element={<RoomPage />} />
          <Route path="/channels" element={<DirectoryPage />} />
          <Route path="*" element={<Navigate to="/" replace />} />
        </Route>
      </Routes>
    </BrowserRouter>
  );
}

function SignedIn({ children }: { children: ReactNode }) {
  const shell = useStore(running, (state) => state.shell);
  const { pathname } = useLocation();
  if (!shell) {
    const next = pathname === '/' ? '' : `?next=${encodeURIComponent(pathname)}`;
    return <Navigate to={`/sign-in${next}`} replace />;
  }
  return (
    <ShellContext value={shell} key={shell.store.get().me.id}>
      {children}
    </ShellContext>
  );
}
