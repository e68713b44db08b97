import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useSyncExternalStore } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { queryClient, useCatalog } from './api/queries';
import { AgentsPage } from './pages/agents';
import { forgetDrafts, holdDrafts } from './editor/drafts';
import { ApprovalsPage } from './pages/approvals';
import { CredentialsPage } from './pages/credentials';
import { ExecutionLink } from './pages/execution-link';
import { ExecutionsPage } from './pages/executions';
import { IntegrationsPage } from './pages/integrations';
import { Shell } from './pages/shell';
import { SignIn } from './pages/sign-in';
import { WorkflowsPage } from './pages/workflows';
import { Guard } from './parts/guard';
import { Skeletons } from './parts/states';
import { TipProvider } from './parts/tip';
import { Toasts } from './parts/toast';
import { currentToken, onSessionChange, sessionEnded } from './session';

// The canvas and the text editor are most of the code, and only these pages need them.
const editorPage = () => import('./editor/page');
const runPage = () => import('./run/page');
const EditorPage = lazy(editorPage);
const AccessPage = lazy(() => import('./pages/access'));
const UsagePage = lazy(() => import('./pages/usage'));
const HealthPage = lazy(() => import('./pages/health'));
const RunPage = lazy(runPage);

// Whoever opens one by its address waits for it: it is fetched while the session is looked at.
if (/^\/workflows\/[^/]+$/.test(window.location.pathname)) void editorPage().catch(() => undefined);
if (/^\/workflows\/[^/]+\/executions\/[^/]+$/.test(window.location.pathname)) void runPage().catch(() => undefined);

// What one person has seen is not there for the next one, who may come by a link while
// somebody is signed in. This is heard before anything is drawn for that one.
onSessionChange(() => {
  queryClient.clear();
  if (currentToken() === null && !sessionEnded()) forgetDrafts();
  else holdDrafts();
});

export function App() {
  const token = useSyncExternalStore(onSessionChange, currentToken);
  return (
    <QueryClientProvider client={queryClient}>
      <TipProvider delayDuration={400}>
        {token === null ? <SignIn /> : <Pages key={token} />}
        <Toasts />
      </TipProvider>
    </QueryClientProvider>
  );
}

function Pages() {
  const [location] = useLocation();
  useCatalog(location.startsWith('/workflows/')); // beside the page's code, and not after it
  return (
    <Shell>
      <Guard key={location}>
        <Suspense fallback={<div className="page"><Skeletons /></div>}>
          <Switch>
            <Route path="/agents"><AgentsPage /></Route>
            <Route path="/agents/:agent/integrations">{({ agent }) => <IntegrationsPage key={agent} agent={agent} />}</Route>
            <Route path="/agents/:agent/workflows">{({ agent }) => <WorkflowsPage key={agent} agent={agent} />}</Route>
            <Route path="/account/approvals"><ApprovalsPage /></Route>
            <Route path="/executions/:id">{({ id }) => <ExecutionLink key={id} id={id} />}</Route>
            <Route path="/credentials"><CredentialsPage /></Route>
            <Route path="/usage"><UsagePage /></Route>
            <Route path="/health"><HealthPage /></Route>
            <Route path="/access"><AccessPage /></Route>
            <Route path="/workflows/:id">{({ id }) => <EditorPage key={id} id={id} />}</Route>
            <Route path="/workflows/:id/executions">{({ id }) => <ExecutionsPage key={id} workflow={id} />}</Route>
            <Route path="/workflows/:id/executions/:execution">{({ id, execution }) => <RunPage key={execution} workflow={id} id={execution} />}</Route>
            <Route path="/"><Redirect to="/agents" replace /></Route>
            <Route><NotFound /></Route>
          </Switch>
        </Suspense>
      </Guard>
    </Shell>
  );
}

function NotFound() {
  return (
    <div className="page">
      <h1>There is nothing at this address</h1>
      <p className="muted">It may have been deleted. <a href="/agents">Go to the agents</a>.</p>
    </div>
  );
}
