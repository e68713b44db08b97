// Executions of every kind: answered by people, failed and gone on with, replayed,
// stopped, with long loops and large values.
import { api, env, expect, journey, look as lookAt } from './browser.mjs';

const shop = process.env.CONSOLE_SHOP;
const get = (id, path, more = {}) => ({ id, type: 'http.request', config: { method: 'GET', url: shop + path }, ...more });
const edge = (from, to, port) => ({ from, to, ...(port ? { port } : {}) });

await journey(async ({ page, look, step }) => {
  const agent = await api('POST', '/v1/agents', { name: 'Operations' });
  const publish = async (document) => {
    const made = await api('POST', `/v1/agents/${agent.id}/workflows`, { trigger: { type: 'manual' }, ...document });
    await api('POST', `/v1/workflows/${made.id}/publish`);
    return { id: made.id, document: made.document, start: async (input = {}) => (await api('POST', `/v1/workflows/${made.id}/executions`, { input })).id };
  };
  const open = (workflow, execution) => page.goto(`${env.url}/workflows/${workflow.id}/executions/${execution}`);
  // On a canvas that is wider than its room a step may lie out of sight; the list has all.
  const show = async (title) => {
    // The panel may go by itself, with the page of an execution that was seen before.
    const row = page.locator(`.side .rows .row-button:text-is("${title}")`);
    const all = page.locator('[aria-label="Show all steps"]');
    await row.or(all).first().waitFor();
    if (!(await row.isVisible())) await all.click({ timeout: 2_000 }).catch(() => {});
    await row.click();
    await page.locator(`.side-head h2:text-is("${title}")`).waitFor();
  };
  const head = (words) => page.locator(`.run-state:has-text("${words}")`).waitFor();
  await page.goto(env.url);
  await page.fill('#token', env.token);
  await page.click('button:has-text("Sign in")');
  await page.locator('.row-link:has-text("Operations")').waitFor();

  step('nothing waits, nothing ran');
  await page.click('nav >> text=Approvals');
  await page.locator('text=Nothing waits for a decision').waitFor();
  await look('approvals-empty');
  const receipt = await publish({ name: 'Receipt', nodes: [get('print', '/print')], edges: [edge('trigger', 'print')], output: { printed: true } });
  await page.goto(`${env.url}/workflows/${receipt.id}/executions`);
  await page.locator('text=No executions yet').waitFor();
  await look('executions-empty');

  step('somebody who is signed in answers beside the canvas');
  const pay = await publish({
    name: 'Pay a bill',
    nodes: [
      { id: 'receipt', type: 'workflow', name: 'Print the receipt', config: { workflow: receipt.id, input: {} } },
      get('report', '/report', { name: 'Fetch the report' }),
      { id: 'ask', type: 'approval', name: 'May it be paid?', config: { message: 'Pay {{trigger.input.sum}} EUR to Acme?', timeout_seconds: 3600 } },
      { id: 'pause', type: 'wait', name: 'Wait for the bank', config: { seconds: 86_400 } },
      { id: 'no', type: 'stop', config: { status: 'failed', message: 'Rejected: {{steps.ask.comment}}' } },
    ],
    edges: [edge('trigger', 'receipt'), edge('trigger', 'report'), edge('receipt', 'ask'), edge('report', 'ask'), edge('ask', 'pause', 'approved'), edge('ask', 'no', 'rejected')],
  });
  const first = await pay.start({ sum: 12 });
  await open(pay, first);
  await page.locator('.answer-message:has-text("Pay 12 EUR to Acme?")').waitFor();
  await look('run-waiting');
  await page.fill('.answer textarea', 'The invoice is right.');
  await page.click('.answer button:has-text("Approve")');
  await show('Wait for the bank');
  await page.locator('.side .note:has-text("Waits until")').waitFor();
  await look('run-wait');
  expect((await api('GET', `/v1/executions/${first}`)).nodes.find((n) => n.id === 'ask').output.comment === 'The invoice is right.', 'the comment is kept');

  step('another question does not take the place of the one that is being answered');
  const two = await publish({
    name: 'Two questions',
    nodes: [{ id: 'pause', type: 'wait', config: { seconds: 4 } }, { id: 'later', type: 'approval', name: 'The later one', config: { message: 'And this?' } }, { id: 'now', type: 'approval', name: 'The first one', config: { message: 'May it?' } }],
    edges: [edge('trigger', 'pause'), edge('pause', 'later'), edge('trigger', 'now')],
  });
  await open(two, await two.start());
  await page.locator('.side-head h2:text-is("The first one")').waitFor();
  await page.fill('.answer textarea', 'On the one hand');
  await page.locator('.step.waiting:has-text("The later one")').waitFor();
  expect(await page.inputValue('.answer textarea') === 'On the one hand', 'what was written is still there');
  await open(pay, first);

  step('a large value is read when somebody wants to see it');
  await show('Fetch the report');
  await page.click('button:has-text("Show it")');
  await page.locator('[role=tree]').waitFor();
  await page.fill('[aria-label="Search in output"]', 'Customer 4321');
  await page.locator('text=Found once').waitFor();
  await page.locator('[role=treeitem][aria-selected=true]:has-text("Customer 4321")').waitFor();
  expect(await page.locator('[role=treeitem]').count() < 100, 'no more of the tree is drawn than is seen');
  await look('run-large');

  step('so is what a webhook got');
  const order = await api('POST', `/v1/agents/${agent.id}/workflows`, {
    name: 'Large order', trigger: { type: 'webhook', config: { respond: 'immediately' } },
    nodes: [{ id: 'keep', type: 'set', config: { values: { first: '{{trigger.body.rows[0].id}}' } } }], edges: [edge('trigger', 'keep')],
  });
  const { webhook_url: hook } = await api('POST', `/v1/workflows/${order.id}/publish`);
  const rows = Array.from({ length: 600 }, (_, id) => ({ id, note: 'n'.repeat(3_000) }));
  const sent = await fetch(hook, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ rows }) });
  await open(order, (await sent.json()).id);
  await head('Succeeded');
  await show('Trigger');
  await page.locator('text=body is large: 1.8 MB').waitFor();
  await page.click('button:has-text("Show it")');
  await page.locator('[role=tree]').waitFor();
  await look('run-large-input');
  await open(pay, first);
  await head('Running');

  step('from the execution of a workflow node, and back to the one that started it');
  await show('Print the receipt');
  await page.click('a:has-text("Open the execution that it started")');
  await page.locator('h1:has-text("Receipt")').waitFor();
  await page.click('a:has-text("another execution")');
  await page.locator('h1:has-text("Pay a bill")').waitFor();

  step('stop it');
  await page.click('header button:has-text("Stop")');
  await look('run-stop');
  await page.click('.dialog button:has-text("Stop it")');
  await head('Stopped');

  step('somebody without a login answers by the link, once');
  const second = await pay.start({ sum: 99 });
  await page.click('nav >> text=Approvals');
  await page.locator('.rows li:has-text("Pay 99 EUR")').waitFor();
  await look('approvals');
  await page.click('.rows li:has-text("Pay 99 EUR") >> button:has-text("Answer")');
  await page.locator('.dialog .answer-message').waitFor();
  await look('approval-answer');
  const link = (await api('GET', `/v1/executions/${second}`)).nodes.find((n) => n.id === 'ask').approval_url;
  const stranger = await page.context().browser().newContext({ viewport: { width: 1280, height: 800 }, timezoneId: 'Asia/Tokyo' });
  const theirs = await stranger.newPage();
  const wrong = [];
  await theirs.goto(link);
  await theirs.locator('time:has-text("(GMT+9)")').first().waitFor();
  await lookAt(theirs, 'approval-page', wrong);
  await theirs.setViewportSize({ width: 390, height: 844 });
  await lookAt(theirs, 'narrow-approval-page', wrong);
  expect(await theirs.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'the approval page fits a phone');
  await theirs.fill('textarea', 'Not this one');
  await theirs.click('button:has-text("Reject")');
  await theirs.locator('h1:has-text("Rejected")').waitFor();
  await lookAt(theirs, 'approval-thanks', wrong);
  await page.click('.dialog .answer button:has-text("Approve")');
  await page.locator('.dialog .answer [role=alert]:has-text("already rejected")').waitFor();
  await look('approval-late');
  await page.keyboard.press('Escape');
  await theirs.goto(link);
  await theirs.locator('text=One answer counts').waitFor();
  await lookAt(theirs, 'approval-answered', wrong);
  await theirs.goto(`${env.url}/approvals/nobody-sent-this`);
  await theirs.locator('h1:has-text("Nothing to answer")').waitFor();
  await lookAt(theirs, 'approval-unknown', wrong);
  await stranger.close();
  expect(wrong.length === 0, wrong.join('\n'));
  await page.click('.chip:has-text("Rejected")');
  await page.locator('.rows li:has-text("Not this one")').waitFor();

  step('what failed goes on, all at once');
  const stock = await publish({ name: 'Stock', nodes: [get('count', '/stock', { name: 'Count the stock', retry: { max_attempts: 2, interval_seconds: 1 } }), get('tell', '/print', { name: 'Tell the shop' })], edges: [edge('trigger', 'count'), edge('count', 'tell')] });
  await Promise.all([stock.start(), stock.start(), stock.start()]);
  await page.goto(`${env.url}/workflows/${stock.id}/executions?status=failed`);
  await page.waitForFunction(() => document.querySelectorAll('.rows li').length === 3);
  await look('executions-failed');
  await page.click('.rows li >> nth=2 >> a');
  await page.click('[role=tab]:has-text("Attempts (2)")');
  await page.locator('.attempts li:has-text("Tried again after")').waitFor();
  await look('run-attempts');
  await page.goBack();
  expect(new URL(page.url()).searchParams.get('status') === 'failed', 'the address keeps the filter');
  await fetch(`${shop}/stock/fill`);
  await page.check('.rows li >> nth=0 >> input[type=checkbox]');
  await page.locator('text=One is chosen').waitFor();
  await look('executions-chosen');
  await page.click('button:has-text("Choose none")');
  await page.click('.error-tag >> nth=0');
  await page.locator('[aria-label^="Only Connector.Unavailable"]').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.rows li').length === 3);
  await page.click('button:has-text("Go on with all")');
  await look('bulk');
  await page.click('.dialog-foot button:has-text("Go on")');
  await page.locator('.dialog [role=status]:has-text("3 started")').waitFor();
  await page.click('.dialog button:has-text("Done")');
  await page.click('.chip:has-text("All")');
  await page.click('[aria-label^="Only Connector.Unavailable"]');
  await page.locator('.rows li:has-text("Succeeded") >> nth=2').waitFor();

  step('run again from a step on, with the newest version');
  await page.click('.rows li >> nth=0 >> a');
  await page.locator('.step:has-text("Tell the shop")').waitFor();
  // Somebody publishes while the page is open: what it read a moment ago is old.
  const draft = await api('GET', `/v1/workflows/${stock.id}`);
  const put = await fetch(`${env.url}/v1/workflows/${stock.id}`, {
    method: 'PUT', headers: { Authorization: `Bearer ${env.token}`, 'Content-Type': 'application/json', 'If-Match': draft.etag },
    body: JSON.stringify({ ...draft.document, nodes: draft.document.nodes.map((n) => (n.id === 'tell' ? { ...n, name: 'Tell everybody' } : n)) }),
  });
  expect(put.ok, `the draft is replaced: ${put.status}`);
  await api('POST', `/v1/workflows/${stock.id}/publish`);
  await page.click('.step:has-text("Tell the shop")');
  await page.click('[aria-label="Run again from this step"]');
  await page.click('.dialog .choice:has-text("Version 2")');
  await look('run-again');
  await page.click('.dialog-foot button:has-text("Run again")');
  await page.locator('.step.succeeded:has-text("Tell everybody")').waitFor();
  await page.locator('.run-what:has-text("version 2")').waitFor();
  await show('Count the stock');
  await page.locator('.side .tag:has-text("taken over")').waitFor();
  await look('run-replayed');

  step('a call of which nobody knows the outcome comes with choices');
  const charge = await publish({ name: 'Charge', nodes: [{ id: 'charge', type: 'http.request', name: 'Charge the card', config: { method: 'POST', url: `${shop}/drop`, body: '{}' } }], edges: [edge('trigger', 'charge')] });
  await open(charge, await charge.start());
  await page.locator('.uncertain:has-text("Was it done?")').waitFor();
  await look('run-uncertain');

  step('a long loop, of which only what is seen is drawn');
  const long = await publish({
    name: 'Long',
    nodes: [{ id: 'each', type: 'loop', config: { items: '{{trigger.input.items}}', concurrency: 40 } }, { id: 'odd', type: 'condition', config: { all: [{ left: '{{index}}', op: 'lt', right: 2_490 }] } },
      { id: 'few', type: 'set', name: 'The last ones', config: { values: { name: '{{item}}' } } }, { id: 'most', type: 'set', config: { values: { other: '{{item}}' } } }],
    edges: [edge('trigger', 'each'), edge('each', 'odd', 'body'), edge('odd', 'most', 'true'), edge('odd', 'few', 'false')],
  });
  await open(long, await long.start({ items: Array.from({ length: 2_500 }, (_, i) => `item ${i}`) }));
  await head('Succeeded');
  await show('Trigger');
  await page.locator('.tree-foot code:text-is("trigger.input")').waitFor(); // what templates call it
  await show('Condition');
  await page.locator('.turn').first().waitFor();
  expect(await page.locator('.turn').count() < 60, 'a long list draws what is seen');
  await page.focus('.turns');
  await page.keyboard.press('End');
  await page.locator('.turn[aria-selected=true]:has-text("each[2499]")').waitFor();
  await page.locator('.board-turn:has-text("each[2499]")').waitFor();
  expect(await page.locator('.step.succeeded:has-text("most")').count() === 0, 'the canvas shows what happened for this item alone');
  await page.fill('[aria-label="Item by its index"]', '7');
  await page.click('.turn:has-text("each[7]")');
  await look('run-long-loop');

  step('loops in loops');
  const nested = await publish({
    name: 'Nested', nodes: [{ id: 'rows', type: 'loop', config: { items: [[1, 2], [3]], concurrency: 2 } }, { id: 'cells', type: 'loop', config: { items: '{{item}}' } }, { id: 'cell', type: 'set', config: { values: { n: '{{item}}' } } }],
    edges: [edge('trigger', 'rows'), edge('rows', 'cells', 'body'), edge('cells', 'cell', 'body')],
  });
  await open(nested, await nested.start());
  await head('Succeeded');
  await page.click('.side .rows li:has(.mono:text-is("cell")) .row-button');
  await page.click('.turn:has-text("rows[1] › cells[0]")');
  await page.locator('.code-block:has-text("3")').waitFor();

  step('a workflow is deleted while it runs: what runs can still be seen and stopped');
  const leaving = await publish({ name: 'Leaving', nodes: [{ id: 'ask', type: 'approval', config: { message: 'Still there?' } }], edges: [edge('trigger', 'ask')] });
  const orphan = await leaving.start({ city: 'Berlin' });
  await api('DELETE', `/v1/workflows/${leaving.id}`);
  await page.goto(`${env.url}/executions/${orphan}`);
  await page.locator('h1:text-is("A deleted workflow")').waitFor();
  await page.locator('.code-block:has-text("Berlin")').waitFor();
  await look('run-deleted');
  await page.click('button:has-text("Stop")');
  await page.click('.dialog-foot button:has-text("Stop it")');
  await head('Stopped');
  expect((await api('GET', `/v1/executions/${orphan}`)).status === 'stopped', 'it is stopped');

  step('what is not there says so');
  await page.goto(`${env.url}/executions/exe_none`);
  await page.locator('.note.bad').waitFor();
  await look('run-missing');
  await page.context().setOffline(true);
  await page.click('nav >> text=Approvals');
  await page.locator('.banner:has-text("does not answer")').waitFor();
  await look('offline');
  await page.context().setOffline(false);
  await page.locator('.banner').waitFor({ state: 'detached' });
});
