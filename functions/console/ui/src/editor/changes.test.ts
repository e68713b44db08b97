import { describe, expect, it } from 'vitest';
import type { WorkflowDocument } from '../api/model';
import { changesSince } from './changes';

const doc: WorkflowDocument = {
  name: 'Order alert',
  trigger: { type: 'webhook', position: { x: 0, y: 0 } },
  nodes: [
    { id: 'big', type: 'condition', config: { all: [{ left: '{{trigger.body.total}}', op: 'gt', right: 1000 }] } },
    { id: 'notify', type: 'slack.post_message', credential: 'cred_1', config: { channel: '#orders', text: 'Hi' } },
  ],
  edges: [{ from: 'trigger', to: 'big' }, { from: 'big', port: 'true', to: 'notify' }],
};
const since = (after: WorkflowDocument) => changesSince(doc, after, (type) => type.toUpperCase());

describe('what changed', () => {
  it('is nothing where steps only moved or members changed their order', () => {
    const moved = { ...doc, trigger: { ...doc.trigger, position: { x: 9, y: 9 } }, nodes: doc.nodes!.map((n) => ({ config: n.config!, ...n, position: { x: 1, y: 2 } })) };
    expect(since(moved)).toEqual([]);
    expect(since({ ...doc, nodes: [doc.nodes![0]!, { ...doc.nodes![1]!, config: { text: 'Hi', channel: '#orders' } }] })).toEqual([]);
  });
  it('names the field with what it was and is', () => {
    const after = { ...doc, nodes: [doc.nodes![0]!, { ...doc.nodes![1]!, config: { channel: '#alerts', text: 'Hi', thread_ts: '1.2' } }] };
    expect(since(after)).toEqual([{
      how: 'changed', what: 'notify', title: 'SLACK.POST_MESSAGE', details: [{ place: 'channel', before: '#orders', after: '#alerts' }, { place: 'thread_ts', after: '1.2' }],
    }]);
  });
  it('goes into lists of the same length', () => {
    const after = { ...doc, nodes: [{ ...doc.nodes![0]!, config: { all: [{ left: '{{trigger.body.total}}', op: 'gt', right: 500 }] } }, doc.nodes![1]!] };
    expect(since(after)[0]!.details).toEqual([{ place: 'all[0].right', before: '1000', after: '500' }]);
  });
  it('tells steps and connections that came and went', () => {
    const after: WorkflowDocument = { ...doc, nodes: [doc.nodes![0]!, { id: 'wait', type: 'wait', name: 'Breathe' }], edges: [{ from: 'trigger', to: 'big' }, { from: 'big', port: 'true', to: 'wait' }] };
    expect(since(after).map((c) => `${c.how} ${c.what} ${c.title}`)).toEqual([
      'added wait Breathe', 'removed notify SLACK.POST_MESSAGE', 'added connection big (true) → wait', 'removed connection big (true) → notify',
    ]);
  });
  it('tells of the trigger and of settings', () => {
    const after = { ...doc, name: 'Orders', trigger: { type: 'schedule', config: { rate: '1 hour' } } };
    expect(since(after).map((c) => [c.title, c.details.map((d) => d.place)])).toEqual([['Workflow settings', ['name']], ['Trigger', ['type', 'config']]]);
  });
});
