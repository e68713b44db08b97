import { useIsFetching, useQueryClient } from '@tanstack/react-query';
import { Bot, ChevronsUpDown, Ellipsis, LogOut, Moon, Sun, SunMoon } from 'lucide-react';
import { Fragment, useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Offline } from '../api/client';
import { useMe, type Me } from '../api/me';
import { useAgents, useApprovals } from '../api/queries';
import { unstored } from '../editor/drafts';
import icon from '../icon.svg';
import { Confirm } from '../parts/dialog';
import { Menu, MenuItem, MenuLine, MenuTitle } from '../parts/menu';
import { usePlaces } from '../parts/scroll';
import { OfflineBanner } from '../parts/states';
import { signOut } from '../session';
import { currentTheme, setTheme, type Theme } from '../theme';
import { rememberAgent, useCurrentAgent } from './current-agent';

export function Shell({ children }: { children: ReactNode }) {
  const [location, go] = useLocation();
  const [theme, setShown] = useState(currentTheme);
  const [next, themeLabel, ThemeIcon] = themes[theme];
  const changeTheme = () => { setTheme(next); setShown(next); };
  const [leaving, setLeaving] = useState(false);
  const main = useRef<HTMLElement>(null);
  usePlaces(main, location);
  const leave = async () => {
    await Promise.allSettled(unstored().map(({ saver }) => saver.leave()));
    if (unstored().length === 0) signOut();
    else setLeaving(true);
  };
  const agents = useAgents();
  const me = useMe().data;
  const agent = useCurrentAgent(agents.data);
  const waiting = useApprovals('waiting').data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? 0;
  const nav = (to: string, label: string, current: boolean, { count = 0, wide = false } = {}) => (
    <Link href={to} className={`rail-link ${wide ? 'wide-only' : ''}`} {...(current ? { 'aria-current': 'page' as const } : {})}>
      <span className="jack" aria-hidden />{label}{count > 0 && <span className="rail-count"><span aria-hidden>{count < 30 ? count : '30+'}</span><span className="sr">, {count} waiting</span></span>}
    </Link>
  );
  const goToAgent = (id: string) => { rememberAgent(id); go(location.includes('/integrations') ? `/agents/${id}/integrations` : `/agents/${id}/workflows`); };
  const account: [to: string, label: string][] = [['/credentials', 'Credentials'], ['/access', 'Access'], ['/usage', 'Usage'], ['/health', 'Health']];
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
              {agents.data?.map((a) => <MenuItem key={a.id} onSelect={() => goToAgent(a.id)}>{a.name}</MenuItem>)}
              <MenuLine />
              <MenuItem onSelect={() => go('/agents')}>All agents</MenuItem>
            </Menu>
            {nav(`/agents/${agent.id}/workflows`, 'Workflows', location.startsWith('/workflows') || location.endsWith('/workflows'))}
            {nav(`/agents/${agent.id}/integrations`, 'Integrations', location.endsWith('/integrations'))}
          </>
        )}
        <div className="rail-title">Account</div>
        {nav('/agents', 'Agents', location === '/agents', { wide: agent !== undefined })}
        {nav('/account/approvals', 'Approvals', location === '/account/approvals', { count: waiting })}
        {account.map(([to, label]) => <Fragment key={to}>{nav(to, label, location === to, { wide: true })}</Fragment>)}
        <span className="narrow-only rail-more">
          <Menu trigger={<button type="button" className="rail-link" {...(account.some(([to]) => to === location) ? { 'aria-current': 'page' as const } : {})}><Ellipsis size={18} aria-hidden />More</button>}>
            {account.map(([to, label]) => <MenuItem key={to} onSelect={() => go(to)}>{label}</MenuItem>)}
            <MenuLine />
            <MenuItem icon={<ThemeIcon size={15} aria-hidden />} onSelect={changeTheme}>{themeLabel}</MenuItem>
            {me && <MenuTitle>{who(me)}</MenuTitle>}
            <MenuItem icon={<LogOut aria-hidden />} onSelect={() => void leave()}>Sign out</MenuItem>
            <MenuLine />
            <MenuItem icon={<Bot aria-hidden />} onSelect={() => go('/agents')}>All agents</MenuItem>
            {agents.data?.filter((a) => a.id !== agent?.id).map((a) => <MenuItem key={a.id} icon={<Bot aria-hidden />} onSelect={() => goToAgent(a.id)}>{a.name}</MenuItem>)}
          </Menu>
        </span>
        <div className="rail-foot wide-only">
          {me && <p className="rail-who ellipsis" title={`${me.actor}, ${me.role} of the account ${me.account}`}>{who(me)}</p>}
          <button type="button" className="rail-link" onClick={changeTheme} aria-label={`${themeLabel}. Change`}><ThemeIcon size={15} aria-hidden /><span className="label">{themeLabel}</span></button>
          <button type="button" className="rail-link" onClick={() => void leave()} aria-label="Sign out"><LogOut size={15} aria-hidden /><span className="label">Sign out</span></button>
        </div>
      </nav>
      <main ref={main} className="main" id="main" tabIndex={-1}>
        <OfflineWatch />
        {children}
      </main>
      {leaving && (
        <Confirm title="Sign out and lose changes?" verb="Sign out" danger busy={false} onConfirm={signOut} onClose={() => setLeaving(false)}>
          <p>Not stored: {unstored().map(({ store }) => store.get().doc.name || 'Untitled').join(', ')}. Signing out drops these changes.</p>
        </Confirm>
      )}
    </div>
  );
}

/** The one who is signed in, in few words; the role first, as keys and subjects are long. */
const who = ({ actor, role }: Me) => (actor === role ? actor : `${role} · ${actor}`);

const themes: Record<Theme, [next: Theme, label: string, Icon: typeof Sun]> = {
  auto: ['light', 'Theme: as the system', SunMoon],
  light: ['dark', 'Theme: light', Sun],
  dark: ['auto', 'Theme: dark', Moon],
};

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
