// How a workflow of 200 steps opens and pans. It prints what it measured; that it
// works at all is what it checks.
import { api, env, expect, journey } from './browser.mjs';

await journey(async ({ page, step }) => {
  const agent = await api('POST', '/v1/agents', { name: 'Large' });
  const nodes = Array.from({ length: 200 }, (_, i) => ({ id: `s${i}`, type: 'set', config: { values: { [`v${i}`]: `{{trigger.body.n${i}}}` } } }));
  const edges = nodes.map((n, i) => ({ from: i < 8 ? 'trigger' : `s${i - 8}`, to: n.id }));
  const workflow = await api('POST', `/v1/agents/${agent.id}/workflows`, { name: 'Large', trigger: { type: 'webhook' }, nodes, edges });
  await page.goto(`${env.url}/#token=${encodeURIComponent(env.token)}`);
  await page.locator('h1:has-text("Agents")').waitFor();
  await page.goto(`${env.url}/workflows/${workflow.id}`);
  await page.locator('.step').first().waitFor();
  await page.reload();
  const opened = await page.evaluate(() => new Promise((done) => {
    const look = () => (document.querySelector('.step') ? done(performance.now()) : requestAnimationFrame(look));
    look();
  }));
  step(`200 steps are drawn ${Math.round(opened)} ms after the page was asked for`);
  const box = await page.locator('.react-flow__pane').boundingBox();
  const frames = page.evaluate(() => new Promise((done) => {
    const gaps = [];
    let last = performance.now();
    const tick = (now) => { gaps.push(now - last); last = now; if (gaps.length < 90) requestAnimationFrame(tick); else done(gaps.slice(2)); };
    requestAnimationFrame(tick);
  }));
  await page.mouse.move(box.x + 200, box.y + box.height - 120);
  await page.mouse.down();
  for (let i = 0; i < 40; i++) await page.mouse.move(box.x + 200 + i * 8, box.y + box.height - 120 - i * 3);
  await page.mouse.up();
  const gaps = (await frames).sort((a, b) => a - b);
  step(`panning: middle frame ${gaps[Math.floor(gaps.length / 2)].toFixed(1)} ms, 95th of 100 ${gaps[Math.floor(gaps.length * 0.95)].toFixed(1)} ms (without a graphics card)`);
  expect(await page.locator('.step').count() > 0, 'steps are still drawn');
});
