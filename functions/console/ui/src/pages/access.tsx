import * as Tabs from '@radix-ui/react-tabs';
import { useTitle } from '../parts/title';
import { APIKeys } from './api-keys';
import { AuditLog } from './audit-log';
import { Members } from './members';

/** Who comes in, people and programs, and who did what. */
export default function AccessPage() {
  useTitle('Access');
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Access</h1>
          <p>People and their roles, keys by which programs use the API, and the record of who did what.</p>
        </div>
      </header>
      <Tabs.Root defaultValue="people">
        <Tabs.List className="tabs" aria-label="Access">
          <Tabs.Trigger className="tab" value="people">People</Tabs.Trigger>
          <Tabs.Trigger className="tab" value="keys">API keys</Tabs.Trigger>
          <Tabs.Trigger className="tab" value="audit">Audit</Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content className="tab-panel" value="people"><Members /></Tabs.Content>
        <Tabs.Content className="tab-panel" value="keys"><APIKeys /></Tabs.Content>
        <Tabs.Content className="tab-panel" value="audit"><AuditLog /></Tabs.Content>
      </Tabs.Root>
    </div>
  );
}
