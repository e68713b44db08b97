import { useIsFetching, useQueryClient } from '@tanstack/react-query';
import { ChevronsUpDown, LogOut, Moon, Sun, SunMoon } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Offline } from '../api/client';
import { useAgents, useApprovals } from '../api/queries';
import icon from '../icon.svg';
import { Menu, MenuItem, MenuLine, MenuTitle } from '../parts/menu';
import { OfflineBanner } from '../parts/states';
import { signOut } from '../session';
import { currentTheme, setTheme, type Theme } from '../theme';
import { rememberAgent, useCurrentAgent } from './current-agent';

export function Shell({ children }: { children: ReactNode }) {
  const [location, go] = useLocation();
  const agents = useAgents();
  const agent = useCurrentAgent(agents.data);
  const waiting = useApprovals('waiting').data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? 0;
  const nav = (to: string, label: string, current: boolean, count = 0) => (
    <Link href={to} className="rail-link" {...(current ? { 'aria-current': 'page' as const } : {})}>
      <span className="jack" aria-hidden />{label}{count > 0 && <span className="rail-count"><span aria-hidden>{count < 30 ? count : '30+'}</span><span className="sr">, {count} waiting</span></span>}
    </Link>
  );
  return (
    <div className="shell">
      <a className="skip" href="#main">Skip to the content</a>
      <nav className="rail" aria-label="Main">
        <Link href="/agents" className="brand"><img src={icon} alt="" />Switchboard</Link>
        {agent && (
          <>
            <Menu
              align="start"
              trigger={
                <button type="button" className="rail-agent" aria-label={`Agent: ${agent.name}. Change`}>
                  <span className="grow ellipsis">{agent.name}</span><ChevronsUpDown size={14} aria-hidden />
                </button>
              }
            >
              <MenuTitle>Agent</MenuTitle>
              {agents.data?.map((a) => (
                <MenuItem key={a.id} onSelect={() => { rememberAgent(a.id); go(location.includes('/integrations') ? `/agents/${a.id}/integrations` : `/agents/${a.id}/workflows`); }}>{a.name}</MenuItem>
              ))}
              <MenuLine />
              <MenuItem onSelect={() => go('/agents')}>All agents</MenuItem>
            </Menu>
            {nav(`/agents/${agent.id}/workflows`, 'Workflows', location.startsWith('/workflows') || location.endsWith('/workflows'))}
            {nav(`/agents/${agent.id}/integrations`, 'Integrations', location.endsWith('/integrations'))}
          </>
        )}
        <div className="rail-title">Account</div>
        {nav('/agents', 'Agents', location === '/agents')}
        {nav('/account/approvals', 'Approvals', location === '/account/approvals', waiting)}
        {nav('/credentials', 'Credentials', location === '/credentials')}
        {nav('/access', 'Access', location === '/access')}
        <div className="rail-foot">
          <ThemeButton />
          <button type="button" className="rail-link" onClick={signOut} aria-label="Sign out"><LogOut size={15} aria-hidden /><span className="label">Sign out</span></button>
        </div>
      </nav>
      <main className="main" id="main" tabIndex={-1}>
        <OfflineWatch />
        {children}
      </main>
    </div>
  );
}

const themes: Record<Theme, [next: Theme, label: string, Icon: typeof Sun]> = {
  auto: ['light', 'Theme: as the system', SunMoon],
  light: ['dark', 'Theme: light', Sun],
  dark: ['auto', 'Theme: dark', Moon],
};

function ThemeButton() {
  const [theme, setShown] = useState(currentTheme);
  const [next, label, Icon] = themes[theme];
  const change = () => { setTheme(next); setShown(next); };
  return <button type="button" className="rail-link" onClick={change} aria-label={`${label}. Change`}><Icon size={15} aria-hidden /><span className="label">{label}</span></button>;
}

/** Says when the server does not answer, and asks again until it does. */
function OfflineWatch() {
  const client = useQueryClient();
  const fetching = useIsFetching();
  const [offline, setOffline] = useState(false);
  useEffect(() => {
    const failed = () => client.getQueryCache().getAll().some((query) => query.isActive() && query.state.error instanceof Offline);
    setOffline(failed());
    if (!failed()) return;
    const timer = setInterval(() => void client.refetchQueries({ type: 'active', predicate: (query) => query.state.error instanceof Offline }), 3_000);
    return () => clearInterval(timer);
  }, [client, fetching]);
  return offline ? <OfflineBanner /> : null;
}
