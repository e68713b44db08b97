import { describe, expect, it } from 'vitest';
import type { Workflow, WorkflowDocument } from './model';
import { namesCredential, usesIn } from './uses';

const naming: WorkflowDocument = { nodes: [{ id: 'a', type: 'slack.post_message', credential: 'cred_1' }] };
const none: WorkflowDocument = { nodes: [] };
const workflow = (document: WorkflowDocument) => ({ id: 'wf_1', name: 'One', document }) as Workflow;

describe('where a credential is used', () => {
  it('is in a node, a trigger or an approval\'s notification', () => {
    expect(namesCredential(naming, 'cred_1')).toBe(true);
    expect(namesCredential(naming, 'cred_2')).toBe(false);
    expect(namesCredential({ trigger: { type: 'webhook', config: { auth: { type: 'token', credential: 'cred_1' } } } }, 'cred_1')).toBe(true);
    expect(namesCredential({ nodes: [{ id: 'ask', type: 'approval', config: { notify: { action: 'slack.post_message', credential: 'cred_1' } } }] }, 'cred_1')).toBe(true);
  });
  it('tells the version that serves from the draft', () => {
    expect(usesIn(workflow(none), naming, 'cred_1')).toMatchObject({ published: true });
    expect(usesIn(workflow(naming), none, 'cred_1')).toMatchObject({ published: false });
    expect(usesIn(workflow(naming), null, 'cred_1')).toMatchObject({ published: false });
    expect(usesIn(workflow(none), none, 'cred_1')).toBeNull();
  });
});
