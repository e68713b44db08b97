import * as Tabs from '@radix-ui/react-tabs';
import { useSearchParams } from 'wouter';
import { useTitle } from '../parts/title';
import { APIKeys } from './api-keys';
import { AuditLog } from './audit-log';
import { Members } from './members';

const tabs: [value: string, title: string][] = [['people', 'People'], ['keys', 'API keys'], ['audit', 'Audit']];

/** Who comes in, people and programs, and who did what. */
export default function AccessPage() {
  useTitle('Access');
  const [search, setSearch] = useSearchParams();
  const tab = tabs.find(([value]) => value === search.get('tab'))?.[0] ?? 'people';
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Access</h1>
          <p>People and their roles, keys by which programs use the API, and the record of who did what.</p>
        </div>
      </header>
      <Tabs.Root value={tab} onValueChange={(next) => setSearch(next === 'people' ? {} : { tab: next }, { replace: true })}>
        <Tabs.List className="tabs" aria-label="Access">
          {tabs.map(([value, title]) => <Tabs.Trigger key={value} className="tab" value={value}>{title}</Tabs.Trigger>)}
        </Tabs.List>
        <Tabs.Content className="tab-panel" value="people"><Members /></Tabs.Content>
        <Tabs.Content className="tab-panel" value="keys"><APIKeys /></Tabs.Content>
        <Tabs.Content className="tab-panel" value="audit"><AuditLog /></Tabs.Content>
      </Tabs.Root>
    </div>
  );
}
