/** The signed-in frame: rooms at the side, a room or page beside them, the connection's state above. */
import { Outlet, useLocation } from 'react-router';
import { Banner } from './Banner.tsx';
import { Sidebar } from './Sidebar.tsx';
import { useTitle } from './useTitle.ts';
import './home.css';

export function Home() {
  const { pathname } = useLocation();
  useTitle();
  return (
    <div className="home" data-screen={pathname === '/' ? 'list' : 'page'}>
      <Sidebar />
      <main className="home-main">
        <Banner />
        <Outlet />
      </main>
    </div>
  );
}
