// What the journeys share: a browser that counts what must not happen, and looks
// at every page with axe in both themes.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const env = {
  url: process.env.CONSOLE_URL,
  token: process.env.CONSOLE_TOKEN,
  chromium: process.env.CONSOLE_CHROMIUM ?? '/usr/bin/chromium',
  shots: process.env.CONSOLE_SHOTS,
  issuer: process.env.CONSOLE_ISSUER,
};

/** Runs a journey; what goes wrong in it, in the page or for axe fails the process. */
export async function journey(run, options = {}) {
  const browser = await chromium.launch({
    executablePath: env.chromium,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (e) => {
    // Typing over coloured text, Chromium itself makes a styled element, which the text editor takes away again.
    if (e.violatedDirective === 'style-src-attr' && !e.sourceFile && e.target?.matches?.('.template-host')) return;
    console.error(`refused by the policy: ${e.violatedDirective} at ${e.sourceFile}:${e.lineNumber}, ${e.target?.outerHTML?.slice(0, 200)}`);
  }));
  page.setDefaultTimeout(60_000); // a busy machine with the race detector is slow, and a wait ends as soon as it can
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`the page threw: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    // That a request was refused is logged by the browser; the journeys refuse some on purpose. What the policy refuses is told by its event.
    if (message.type() === 'error' && !/Failed to load resource|Content Security Policy/.test(message.text())) wrong.push(`the page's console says: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    if (origin !== env.url && !(env.issuer && origin === new URL(env.issuer).origin) && !/^(data|blob):/.test(request.url())) wrong.push(`asked another host: ${request.url()}`);
    if (request.url().includes(env.token)) wrong.push('the token stands in a URL');
  });
  try {
    await run({ page, look: (name) => look(page, name, wrong), step: (text) => console.log(`- ${text}`) });
  } catch (error) {
    wrong.push(error.stack ?? String(error));
    if (env.shots) await page.screenshot({ path: path.join(env.shots, 'where-it-failed.png'), caret: 'initial' }).catch(() => undefined);
  }
  await browser.close();
  for (const problem of wrong) console.error(problem);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

/** Checks a page with axe in both themes, and keeps a picture of each. */
export async function look(page, name, wrong) {
  for (const theme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.evaluate(() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))));
    if (env.shots) await page.screenshot({ path: path.join(env.shots, `${name}-${theme}.png`), caret: 'initial' });
    if (theme === 'dark' && !(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
    // Between the themes only colours differ, so the second time it looks at these alone.
    const rules = theme === 'dark' ? ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] : { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
    const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly, resultTypes: ['violations'] }), rules);
    // A canvas that is zoomed out has small buttons; the panel has the same ones in full size.
    // An open menu stands beside the landmarks, as its button names it.
    for (const v of violations) if (v.id === 'region') v.nodes = v.nodes.filter((n) => !n.html.includes('data-radix-popper'));
    for (const v of violations) if (v.id === 'target-size') v.nodes = v.nodes.filter((n) => !n.html.includes('nodrag nopan'));
    for (const v of violations.filter((v) => v.nodes.length > 0)) wrong.push(`axe, ${name}, ${theme}: ${v.id}: ${v.help}\n${v.nodes.slice(0, 4).map((n) => `    ${n.html.slice(0, 200)}\n    ${n.failureSummary?.replace(/\n/g, ' ').slice(0, 300)}`).join('\n')}`);
  }
}

/** The text inputs of the editor, which live in shadow roots, by their label. */
export const templateInput = (page, label) => page.locator(`.template-host[data-label="${label}"] .cm-content`);

/** Replaces what stands in a text input of the editor. */
export async function type(page, label, text) {
  await templateInput(page, label).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
  await closeCompletion(page);
}

export async function closeCompletion(page) {
  if (await page.locator('.cm-tooltip-autocomplete').count()) await page.keyboard.press('Escape');
}

export const saved = (page) => page.locator('.save-state', { hasText: /^Saved$/ }).waitFor();
export const problems = (page, words) => page.locator(`.problem-pill:has-text("${words}")`).waitFor();

/** Waits until the focus is on what a selector finds, as after a dialog has closed. */
export const focusOn = (page, selector) => page.waitForFunction((s) => document.activeElement?.matches(s), selector);

/** Calls the API as the console does. */
export async function api(method, address, body) {
  const response = await fetch(env.url + address, {
    method, headers: { Authorization: `Bearer ${env.token}`, 'Content-Type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${address}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** Sends an order to a webhook, and gives the answer. */
export async function order(hook, body) {
  const response = await fetch(hook, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

/** Presses twice at one place, as a double click does: the second time when something has come of the first. */
export async function pressTwice(page, selector, came) {
  const button = page.locator(selector);
  await button.waitFor();
  const box = await button.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (const clickCount of [1, 2]) {
    await page.mouse.down({ clickCount });
    await page.mouse.up({ clickCount });
    if (clickCount === 1) await came();
  }
}

export function expect(condition, text) {
  if (!condition) throw new Error(`expected: ${text}`);
}
