// The main job by keyboard alone: from a token in the link to a published workflow.
import { closeCompletion, env, expect, focusOn, journey, order, problems, saved } from './browser.mjs';

await journey(async ({ page, step }) => {
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

  /** What has the focus: its role's name, its label and its text. */
  const focused = () => page.evaluate(() => {
    let e = document.activeElement;
    while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
    const labels = e?.labels ? [...e.labels].map((l) => l.textContent) : [];
    return [e?.getAttribute('aria-label'), ...labels, /^(A|BUTTON|SUMMARY)$/.test(e?.tagName) ? e.innerText : ''].filter(Boolean).join(' | ');
  });

  /** Presses Tab until something with this text has the focus. */
  async function tabTo(text, key = 'Tab') {
    const seen = [];
    for (let i = 0; i < 90; i++) {
      await page.keyboard.press(key);
      const now = await focused();
      if (now.includes(text)) return;
      seen.push(now.slice(0, 40));
    }
    throw new Error(`Tab does not come to ${text}; it came to ${[...new Set(seen)].join(' / ')}`);
  }

  step('sign in by a link');
  await page.goto(`${env.url}/#token=${encodeURIComponent(env.token)}`);
  await page.locator('h1:has-text("Agents")').waitFor();
  expect(!page.url().includes('token'), 'the token is removed from the address');

  step('create an agent');
  await tabTo('New agent');
  await press('Enter');
  await page.locator('#agent-name').waitFor();
  await press('Escape');
  await focusOn(page, '.page-head .button');
  await press('Enter');
  await page.locator('#agent-name').waitFor();
  await page.keyboard.type('By keyboard');
  await press('Enter');
  await page.locator('h1:has-text("Integrations")').waitFor();

  step('connect a service');
  await page.locator('[aria-label="Connect Slack"]').waitFor();
  await tabTo('Connect Slack');
  await press('Enter');
  await page.locator('.dialog input, .dialog [role=tab]').first().waitFor();
  await tabTo('Bot token');
  await page.keyboard.type('xoxb-right-1234567890');
  await tabTo('Verify connection');
  await press('Enter');
  await page.locator('.dialog .note.ok').waitFor();
  await tabTo('Connect');
  await press('Enter');
  await page.locator('button:has-text("Disconnect")').waitFor();

  step('draw the workflow');
  await tabTo('Workflows');
  await press('Enter');
  await page.locator('text=No workflows yet').waitFor();
  await tabTo('New workflow');
  await press('Enter');
  await page.locator('.step.trigger').waitFor();
  await tabTo('Trigger, trigger');
  await press('Enter');
  await page.locator('aside:has-text("Starts with")').waitFor();
  await tabTo('Webhook');
  await press('Space');
  await page.locator('.choice:has-text("Webhook"):has(:checked)').waitFor();
  await press('Escape');
  await press('Enter', 'Escape');
  await press('a');
  await page.locator('[role=combobox]').waitFor();
  await page.keyboard.type('condition');
  await press('Enter');
  await page.locator('aside:has-text("True if")').waitFor();
  await tabTo('Rule 1: value');
  await page.keyboard.type('{{trigger.bo');
  // A list that has only just appeared takes no Enter, so that nobody accepts what they have not seen.
  await page.locator('.cm-tooltip-autocomplete').waitFor();
  while (await page.locator('.cm-tooltip-autocomplete').count()) await press('Enter');
  await page.keyboard.type('.total');
  await closeCompletion(page);
  await tabTo('Rule 1: comparison');
  await page.keyboard.type('is greater');
  await tabTo('Rule 1: compared with');
  await page.keyboard.type('1000');
  await problems(page, 'No problems');
  await tabTo('Add a step');
  await press('Enter');
  await page.locator('[role=combobox]').waitFor();
  await press('Escape');
  await focusOn(page, '.next-step .button');
  await press('Enter');
  await page.locator('[role=combobox]').waitFor();
  await page.keyboard.type('post a message');
  await press('Enter');
  await page.locator('aside:has-text("Channel")').waitFor();
  await tabTo('Credential');
  await press('ArrowDown');
  await tabTo('Channel');
  await page.keyboard.type('#orders');
  await tabTo('Text');
  await page.keyboard.type('Order from the keyboard');
  await problems(page, 'No problems');
  await saved(page);

  step('copy, paste, undo');
  await press('Escape');
  await page.locator('aside').waitFor({ state: 'detached' });
  await press('Control+a', 'Control+d');
  await page.waitForFunction(() => document.querySelectorAll('.react-flow__node').length === 5);
  await press('Control+z');
  await page.waitForFunction(() => document.querySelectorAll('.react-flow__node').length === 3);

  step('publish');
  await tabTo('Publish', 'Shift+Tab');
  await press('Enter');
  await page.locator('.dialog .note.ok').waitFor();
  await tabTo('Publish');
  await press('Enter');
  await page.locator('[data-testid=webhook-url]').waitFor();
  const hook = (await page.locator('[data-testid=webhook-url]').textContent()).trim();
  const document_ = await page.evaluate(async () => {
    const id = location.pathname.split('/').at(-1);
    return (await fetch(`/v1/workflows/${id}`, { headers: { Authorization: `Bearer ${sessionStorage.getItem('switchboard.token')}` } })).json();
  });
  expect(document_.document.edges.some((e) => e.port === 'true'), 'the message hangs on the port true');

  step('watch it run');
  await tabTo('Done');
  await press('Enter');
  await page.locator('.dialog').waitFor({ state: 'detached' });
  await focusOn(page, '.workbench-head .button.primary'); // that opened the dialog before
  await tabTo('Executions', 'Shift+Tab');
  await press('Enter');
  await page.locator('text=No executions yet').waitFor();
  expect((await order(hook, { total: 2000 })).status === 202, 'the webhook starts it');
  await page.locator('.rows li:has-text("Succeeded")').waitFor();
  await tabTo(await page.locator('.row-link time').first().textContent());
  await press('Enter');
  await page.locator('.step.succeeded:has-text("Post a message")').waitFor();
  await tabTo('Post a message');
  await press('Enter');
  await page.locator('.side-head h2:text-is("Post a message")').waitFor();
  await page.locator('.side .code-block:has-text("1717171717")').waitFor();
  await tabTo('Search in output');
  await page.keyboard.type('channel');
  await page.locator('text=Found once').waitFor();
  await press('Escape');
  await page.locator('.side-head h2:text-is("Steps")').waitFor();
});
