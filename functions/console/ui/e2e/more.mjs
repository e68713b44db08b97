// The other triggers, and a loop with what happened at each of its items.
import { api, env, expect, journey, problems, saved, type } from './browser.mjs';

await journey(async ({ page, look, step }) => {
  const agent = await api('POST', '/v1/agents', { name: 'Operations' });
  await page.goto(`${env.url}/#token=${encodeURIComponent(env.token)}`);
  await page.locator('h1:has-text("Agents")').waitFor();

  step('a schedule says when it starts next');
  const nightly = await api('POST', `/v1/agents/${agent.id}/workflows`, { name: 'Nightly' });
  await page.goto(`${env.url}/workflows/${nightly.id}`);
  await page.click('.step.trigger');
  await page.click('.choice:has-text("Schedule")');
  await page.locator('.field:has-text("Cron") input').first().fill('0 9 * * funday');
  await page.locator('.field:has-text("Cron") .complaint').first().waitFor();
  await look('trigger-schedule');
  await page.locator('.field:has-text("Cron") input').first().fill('0 9 * * mon-fri');
  await page.click('[aria-label="Add a step after Schedule"]');
  await page.click('[role=option]:has-text("Set values")');
  await page.fill('[aria-label="Name 1"]', 'day');
  await type(page, 'Value 1', '{{trigger.scheduled_at}}');
  await problems(page, 'No problems');
  await saved(page);
  await page.click('header button:has-text("Publish")');
  await page.click('.dialog button:has-text("Publish")');
  await page.locator('.dialog time >> nth=4').waitFor();
  await look('published-schedule');
  await page.click('button:has-text("Done")');

  step('an event');
  await page.click('.react-flow__controls-fitview');
  await page.click('.step.trigger');
  await page.click('.choice:has-text("Event")');
  await page.locator('.field:has-text("Source") .complaint').first().waitFor();
  await page.locator('.field:has-text("Source") input').first().fill('shop');
  await look('trigger-event');
  await saved(page);

  step('a loop, item by item');
  const loop = await api('POST', `/v1/agents/${agent.id}/workflows`, {
    name: 'Lines', trigger: { type: 'manual' },
    nodes: [
      { id: 'each', type: 'loop', config: { items: '{{trigger.input.lines}}' } },
      { id: 'line', type: 'set', config: { values: { sku: '{{item.sku}}' } } },
      { id: 'after', type: 'set', config: { values: { count: '{{steps.each.results | length}}' } } },
    ],
    edges: [{ from: 'trigger', to: 'each' }, { from: 'each', port: 'body', to: 'line' }, { from: 'each', port: 'done', to: 'after' }],
  });
  await page.goto(`${env.url}/workflows/${loop.id}`);
  await problems(page, 'No problems');
  await page.click('header button:has-text("Publish")');
  await page.click('.dialog button:has-text("Publish")');
  await page.click('button:has-text("Done")');
  await page.click('[aria-label="More"]');
  await page.click('[role=menuitem]:has-text("Run version 1")');
  await page.fill('.dialog textarea', '{"lines": [{"sku": "A"}, {"sku": "B"}]}');
  await look('run-dialog');
  await page.click('.dialog-foot button:has-text("Run")');
  await page.locator('header .lamp.ok:has-text("Succeeded")').waitFor();
  await page.click('.step:has-text("line")');
  await page.click('[role=listbox][aria-label="Items"] [role=option]:has-text("[1]")');
  await page.locator('.code-block:has-text("\\"B\\"")').waitFor();
  await look('run-loop');

  step('previews in the loop show its first item');
  await page.click('button:has-text("Open in the editor")');
  await page.click('.step:has-text("line")');
  await page.locator('.preview:has-text("A")').waitFor();
  await look('editor-loop');

  step('copy into another workflow');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ControlOrMeta+a');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: env.url });
  await page.keyboard.press('ControlOrMeta+c');
  await page.locator('text=3 steps are copied').waitFor();
  await page.goto(`${env.url}/workflows/${nightly.id}`);
  await page.locator('.step.trigger').waitFor();
  await page.click('.react-flow__pane', { position: { x: 300, y: 500 } });
  await page.keyboard.press('ControlOrMeta+v');
  await page.waitForFunction(() => document.querySelectorAll('.react-flow__node').length === 5);
  await saved(page);
  const pasted = await api('GET', `/v1/workflows/${nightly.id}`);
  expect(pasted.document.nodes.length === 4 && pasted.document.edges.some((e) => e.port === 'body'), 'the steps and their connections are there');
});
