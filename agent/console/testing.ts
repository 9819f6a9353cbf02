// agent/console: a browser for the tests of this room. In: a page's server. Out: a real Chromium that looks at it, what it
// complained about, and what axe and a finger would find wrong.
import type { ExecutionContext } from 'ava';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { ConsoleSources } from './api.ts';
import { type Console, startConsole } from './server.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1440, height: 900 };
export const ENGLISH: BrowserContextOptions = { viewport: PHONE, locale: 'en-GB', timezoneId: 'Asia/Shanghai' };
export const CHINESE: BrowserContextOptions = { ...ENGLISH, locale: 'zh-CN' };

/** Starts the browser. */
export const launch = (): Promise<Browser> => chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });

/**
 * Serves a page.
 * @param state_ms how often open pages are told the state: five times as often as on a box, so that a test waits less
 */
export async function servePage(t: ExecutionContext, sources: ConsoleSources, state_ms = 200): Promise<Console> {
  const page = await startConsole({ host: '127.0.0.1', port: 0, sources, log: { warn: () => {} }, state_ms });
  t.teardown(() => page.close());
  return page;
}

export interface Seen {
  view: Page;
  /** what the browser complained about, and where it asked outside the box */
  complaints: string[];
}

/** Opens the page in a context of its own, at an address' hash, and waits for its frame. */
export async function open(
  browser: Browser,
  t: ExecutionContext,
  page: Console,
  options: BrowserContextOptions,
  hash = '',
): Promise<Seen> {
  const context = await browser.newContext(options);
  t.teardown(() => context.close());
  const view = await context.newPage();
  view.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  view.on('pageerror', (error) => complaints.push(error.message));
  view.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text());
  });
  view.on('request', (request) => {
    if (new URL(request.url()).host !== `127.0.0.1:${page.port}`) complaints.push(`asked ${request.url()}`);
  });
  await view.goto(`${page.address}/${hash}`);
  await view.waitForSelector('.rooms a');
  return { view, complaints };
}

/** Serious finds of axe; in the sun theme text must reach 7:1. */
export async function faults(view: Page, sun: boolean): Promise<string[]> {
  if (!(await view.evaluate("'axe' in globalThis"))) await view.evaluate(axe.source);
  const rules = sun ? { 'color-contrast-enhanced': { enabled: true } } : {};
  const options: axe.RunOptions = { rules, resultTypes: ['violations'] };
  const found = (await view.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as axe.AxeResults;
  return found.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 120)} ${node.any[0]?.message ?? ''}`));
}

/** What a finger would miss: controls lower than 44 px (a card's link covers the whole card). */
export const SMALL = `[...document.querySelectorAll('button, a:not(.skip):not(article a), .choice')]
  .filter((one) => one.getClientRects().length > 0 && one.getBoundingClientRect().height < 44)
  .map((one) => one.outerHTML.slice(0, 100))`;
