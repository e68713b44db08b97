// How a workflow of 200 steps opens and pans, and its execution. It prints what it
// measured, by Chromium's own trace; that it works at all is what it checks. There is no
// graphics card here, so only what the page itself costs is counted: its scripts, and
// laying out and painting; not putting the picture together.
import { api, env, expect, journey } from './browser.mjs';

/** Events of Chromium's trace that are the page's own work, on its main thread. */
const scripting = new Set(['FunctionCall', 'EvaluateScript', 'EventDispatch', 'FireAnimationFrame', 'RunMicrotasks', 'V8.GC_SCAVENGER']);
const rendering = new Set(['UpdateLayoutTree', 'Layout', 'PrePaint', 'Paint', 'Layerize', 'Commit', 'UpdateLayer', 'HitTest', 'IntersectionObserverController::computeIntersections']);

await journey(async ({ page, step }) => {
  const agent = await api('POST', '/v1/agents', { name: 'Large' });
  const nodes = Array.from({ length: 200 }, (_, i) => ({ id: `s${i}`, type: 'set', config: { values: { [`v${i}`]: `{{trigger.body.n${i} | default: 0}}` } } }));
  const edges = nodes.map((n, i) => ({ from: i < 8 ? 'trigger' : `s${i - 8}`, to: n.id }));
  const workflow = await api('POST', `/v1/agents/${agent.id}/workflows`, { name: 'Large', trigger: { type: 'webhook' }, nodes, edges });
  await api('POST', `/v1/workflows/${workflow.id}/publish`);
  const execution = await api('POST', `/v1/workflows/${workflow.id}/executions`, { input: {} });
  await page.goto(env.url);
  await page.fill('#token', env.token);
  await page.click('button:has-text("Sign in")');
  await page.locator('h1:has-text("Agents")').waitFor();
  for (const [what, address] of [['editor', `/workflows/${workflow.id}`], ['execution', `/workflows/${workflow.id}/executions/${execution.id}`]]) {
    await page.goto(env.url + address);
    await page.locator('.step').first().waitFor();
    await page.reload();
    const opened = await page.evaluate(() => new Promise((done) => {
      const look = () => (document.querySelector('.step') ? done(performance.now()) : requestAnimationFrame(look));
      look();
    }));
    step(`${what}: 200 steps are drawn ${Math.round(opened)} ms after the page was asked for`);
    const box = await page.locator('.react-flow__pane').boundingBox();
    const y = box.y + box.height - 60;
    // What stands on the canvas is shifted as a whole: no step that stays is drawn anew.
    await page.evaluate(() => {
      globalThis.drawnAnew = 0;
      for (const step of document.querySelectorAll('.react-flow__node')) new MutationObserver((list) => { globalThis.drawnAnew += list.length; }).observe(step, { subtree: true, childList: true, attributes: true, characterData: true });
    });
    const before = await page.locator('.react-flow__viewport').getAttribute('style');
    await page.context().browser().startTracing(page, { categories: ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'cc', 'blink', 'v8'] });
    await page.mouse.move(box.x + 120, y);
    await page.mouse.down();
    for (let i = 0; i < 40; i++) await page.mouse.move(box.x + 120 + i * 8, y - i * 3);
    await page.mouse.up();
    const trace = JSON.parse((await page.context().browser().stopTracing()).toString());
    const { frames, script, render } = costs(trace.traceEvents);
    step(`${what}: panning costs ${(script / frames).toFixed(1)} ms of scripts and ${(render / frames).toFixed(1)} ms of rendering a frame, over ${frames} frames (16.7 ms are 60 a second)`);
    const drawnAnew = await page.evaluate(() => globalThis.drawnAnew);
    expect(drawnAnew === 0, `no step is drawn anew while panning: ${drawnAnew}`);
    expect(frames > 5 && script > 0, 'the trace has frames');
    expect(await page.locator('.react-flow__viewport').getAttribute('style') !== before, 'the canvas was panned');
  }
});

/** Sums up what a trace says of the page's main thread: outermost events only, in milliseconds. */
function costs(events) {
  const names = events.filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain').map((e) => `${e.pid}:${e.tid}`);
  const threads = names.map((name) => events.filter((e) => `${e.pid}:${e.tid}` === name));
  const busy = threads.sort((a, b) => b.filter((e) => e.name === 'FireAnimationFrame').length - a.filter((e) => e.name === 'FireAnimationFrame').length)[0] ?? [];
  const sum = (kinds) => {
    let until = 0;
    let total = 0;
    for (const e of busy.filter((e) => e.ph === 'X' && kinds.has(e.name)).sort((a, b) => a.ts - b.ts)) {
      if (e.ts < until) continue;
      until = e.ts + e.dur;
      total += (e.tdur ?? e.dur) / 1000;
    }
    return total;
  };
  const frames = new Set(busy.filter((e) => e.name === 'Commit' || e.name === 'UpdateLayer').map((e) => Math.round(e.ts / 4000))).size || busy.filter((e) => e.name === 'Paint').length || 1;
  return { frames, script: sum(scripting), render: sum(rendering) };
}
