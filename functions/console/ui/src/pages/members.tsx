import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { MoreHorizontal, Plus, UserMinus, UserRound, UserRoundPen } from 'lucide-react';
import { useState } from 'react';
import { call } from '../api/client';
import type { Member } from '../api/model';
import { all, keys } from '../api/queries';
import { Button, IconButton } from '../parts/button';
import { Confirm, FormDialog } from '../parts/dialog';
import { Menu, MenuItem, MenuLine } from '../parts/menu';
import { Empty, Loaded, Note } from '../parts/states';
import { Time } from '../parts/time';
import { say } from '../parts/toast';
import { roles } from './roles';

type Open = { kind: 'add' } | { kind: 'role' | 'remove'; member: Member } | null;

const nameOf = (m: Member) => m.email || m.subject || m.id;

/** The people of the account, where the token that they log in with does not say their role. */
export function Members() {
  const list = useQuery({ queryKey: keys.members, queryFn: ({ signal }) => all<Member>('/v1/members', signal) });
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const add = <Button look="primary" onClick={() => setOpen({ kind: 'add' })}><Plus aria-hidden />Add a person</Button>;
  return (
    <>
      <Loaded query={list}>
        {(found) => found.length === 0 ? (
          <Empty title="Nobody has a role here yet" action={add}>Whoever logs in through your identity provider gets what is written here, or what their token says. Add the people who work with this account.</Empty>
        ) : (
          <>
            <div className="row"><span className="grow" />{add}</div>
            <ul className="rows">
              {found.map((m) => (
                <li key={m.id}>
                  <span className="plate"><UserRound aria-hidden /></span>
                  <div className="grow">
                    <p className="ellipsis"><strong>{nameOf(m)}</strong>{m.email && m.subject && <span className="mono faint"> {m.subject}</span>}</p>
                    <p className="small muted">Added by {m.created_by} <Time at={m.created_at} /></p>
                  </div>
                  <span className="tag">{m.role}</span>
                  <Menu trigger={<IconButton slim look="quiet" label={`More for ${nameOf(m)}`}><MoreHorizontal aria-hidden /></IconButton>}>
                    <MenuItem icon={<UserRoundPen aria-hidden />} onSelect={() => setOpen({ kind: 'role', member: m })}>Change the role…</MenuItem>
                    <MenuLine />
                    <MenuItem danger icon={<UserMinus aria-hidden />} onSelect={() => setOpen({ kind: 'remove', member: m })}>Remove…</MenuItem>
                  </Menu>
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
      {open?.kind === 'add' && <Add onClose={close} />}
      {open?.kind === 'role' && <ChangeRole member={open.member} onClose={close} />}
      {open?.kind === 'remove' && <Remove member={open.member} onClose={close} />}
    </>
  );
}

function Add({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [by, setBy] = useState<'email' | 'subject'>('email');
  const [who, setWho] = useState('');
  const [role, setRole] = useState('editor');
  const add = useMutation({
    mutationFn: () => call<Member>('/v1/members', { method: 'POST', body: { [by]: who.trim(), role } }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: keys.members });
      say(`${nameOf(made)} is ${made.role}.`);
      onClose();
    },
  });
  return (
    <FormDialog title="Add a person" verb="Add" busy={add.isPending} error={add.error} onSubmit={() => add.mutate()} onClose={onClose}>
      <div className="field">
        <label className="field-label" htmlFor="member-by">Known by</label>
        <select id="member-by" className="input" value={by} onChange={(event) => setBy(event.target.value as typeof by)}>
          <option value="email">their e-mail address, as their login has verified it</option>
          <option value="subject">the subject of their token</option>
        </select>
      </div>
      <div className="field">
        <label className="field-label" htmlFor="member-who">{by === 'email' ? 'E-mail address' : 'Subject'}</label>
        <input id="member-who" className="input" autoFocus required type={by === 'email' ? 'email' : 'text'} autoComplete="off" value={who} onChange={(event) => setWho(event.target.value)} placeholder={by === 'email' ? 'ada@example.com' : '2f6c1d0e-5b7a-4c3e-9d2f-0a1b2c3d4e5f'} />
      </div>
      <RoleChoice value={role} onChange={setRole} />
      <p className="help">No mail is sent. It counts the next time that they log in; a role that their token has comes before this one.</p>
    </FormDialog>
  );
}

function ChangeRole({ member, onClose }: { member: Member; onClose: () => void }) {
  const client = useQueryClient();
  const [role, setRole] = useState(member.role);
  const change = useMutation({
    mutationFn: () => call<Member>(`/v1/members/${member.id}`, { method: 'PATCH', body: { role } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.members });
      say(`${nameOf(member)} is ${role} from now on.`);
      onClose();
    },
  });
  return (
    <FormDialog title={`Role of ${nameOf(member)}`} verb="Change" busy={change.isPending} error={change.error} onSubmit={() => change.mutate()} onClose={onClose}>
      <RoleChoice value={role} onChange={setRole} />
    </FormDialog>
  );
}

function RoleChoice({ value, onChange }: { value: string; onChange: (role: string) => void }) {
  return (
    <fieldset className="choices roles">
      <legend>Role</legend>
      {roles.map(([role, does]) => (
        <label key={role} className="choice">
          <input type="radio" name="role" value={role} checked={value === role} onChange={() => onChange(role)} />
          <span><strong>{role}</strong> <span className="small muted">{does}</span></span>
        </label>
      ))}
    </fieldset>
  );
}

function Remove({ member, onClose }: { member: Member; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call(`/v1/members/${member.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.members });
      say(`${nameOf(member)} has no role any more.`);
      onClose();
    },
  });
  return (
    <Confirm title={`Remove ${nameOf(member)}?`} verb="Remove" danger busy={remove.isPending} error={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}>
      <p>Their next request is refused, unless the token that they log in with has a role. What they made stays: workflows, credentials, keys.</p>
      {member.role === 'owner' && <Note tone="warn"><p>They are an owner. The account has to keep one.</p></Note>}
    </Confirm>
  );
}
