// A browser for Go tests: node drive.mjs chromium|firefox PATH on|off. Reads one command a line on stdin, {"do":"press","key":"Tab"},
// and answers each with one line, {"value":…} or {"error":"…"}. It ends with its stdin.
//
// puppeteer-core speaks CDP to Chromium and WebDriver BiDi to Firefox. Whatever waits inside a page for it (click, waitForSelector)
// never returns in a Firefox without scripts, so here nothing of that is used: evaluate, keys, the mouse, and looking again.
import {createInterface} from 'node:readline';
import {mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import puppeteer from 'puppeteer-core';

const [kind, executablePath, scripts] = process.argv.slice(2);
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

const saved = mkdtempSync(join(tmpdir(), 'tellbox-saved-')); // where downloads go

const browser = await puppeteer.launch({
  browser: kind === 'firefox' ? 'firefox' : 'chrome',
  executablePath,
  headless: true,
  // A viewport that is set is not what Firefox scrolls to: there the window is as large as it is.
  ...kind === 'firefox' && {defaultViewport: null},
  args: kind === 'firefox' ? ['--width=800', '--height=700'] : ['--no-sandbox', '--disable-gpu'],
  extraPrefsFirefox: {
    'javascript.enabled': scripts === 'on',
    'dom.confirm_repost.testing.always_accept': true, // as if she said yes to "resend?"
    'browser.download.folderList': 2, 'browser.download.dir': saved, 'browser.download.useDownloadDir': true, 'browser.download.alwaysOpenPanel': false,
  },
});

let context, page, asked, acting, mark = 0;

// within gives up on what a page in between two documents never answers.
const within = (ms, promise) => Promise.race([promise, sleep(ms, null, {ref: false}).then(() => { throw new Error(`no answer in ${ms} ms`); })]);

// In Firefox a document that is not in the cache any more is a page of its own which never finishes loading.
const errorPage = /^(about:neterror|chrome-error:)/;

// moves does what leads to another document, and waits until that is there. A document that comes back from the back-forward cache
// has a mark, but an older one. On the way Firefox shows an empty one for a moment.
async function moves(act) {
  const now = ++mark;
  await page.evaluate(n => { window.mark = n; }, now);
  let blank = 0;
  acting = act().catch(() => {}); // goBack to an error page never ends, or throws
  for (const end = Date.now() + 60000; Date.now() < end; await sleep(20)) {
    try {
      const [other, state, at] = await within(5000, page.evaluate(n => [window.mark !== n, document.body ? document.readyState : '', location.href], now));
      if (other && at === 'about:blank' && blank++ < 25) continue;
      if (other && (state === 'complete' || state && errorPage.test(page.url()))) return at;
    } catch { /* between two documents */ }
  }
  throw new Error(`still at ${page.url()}`);
}

const commands = {
  // open begins with a tab that knows nothing of the last one.
  async open() {
    await context?.close();
    context = await browser.createBrowserContext();
    page = await context.newPage();
    asked = [];
    page.on('request', r => asked.push(r.url()));
    if (kind !== 'chromium') return;
    await page.setJavaScriptEnabled(scripts === 'on');
    const cdp = await browser.target().createCDPSession();
    await cdp.send('Browser.setDownloadBehavior', {behavior: 'allow', downloadPath: saved, browserContextId: context.id});
  },
  go: ({url}) => moves(() => page.goto(url)),
  back: () => moves(() => page.goBack()),
  reload: () => moves(() => page.reload()),

  async press({key, shift, leads}) {
    const act = async () => {
      if (shift) await page.keyboard.down('Shift');
      await page.keyboard.press(key);
      if (shift) await page.keyboard.up('Shift');
    };
    return leads ? moves(act) : act();
  },
  type: ({text}) => page.keyboard.type(text),
  // use is what a person does with a control: she goes into a field, ticks a box, presses a button once or more often. The mouse
  // would miss in Firefox, which scrolls in its own time.
  async use({at, times = 1, leads}) {
    const key = await page.evaluate(s => {
      const e = document.querySelector(s);
      e.focus();
      return e.matches('a,button,summary') ? 'Enter' : e.matches('[type=checkbox],[type=radio]') ? ' ' : '';
    }, at);
    const act = async () => {
      for (let i = 0; key && i < times; i++) await page.keyboard.press(key);
    };
    return leads ? moves(act) : act();
  },

  // attach chooses files in a field for them.
  attach: async ({at, paths}) => (await page.$(at)).uploadFile(...paths),
  // download presses what leads to a file, and waits until that is there as a whole. The page stays.
  async download({at}) {
    const before = readdirSync(saved);
    await commands.use({at});
    for (const end = Date.now() + 60000; Date.now() < end; await sleep(20)) {
      const now = readdirSync(saved), fresh = now.filter(name => !before.includes(name));
      if (fresh.length === 1 && !/\.(part|crdownload|tmp)$/.test(fresh[0]) && !fresh[0].startsWith('.')) return join(saved, fresh[0]);
    }
    throw new Error(`nothing came, there is ${readdirSync(saved)}`);
  },

  // settle waits until all keys are pressed and the page is there.
  async settle() {
    await within(10000, acting);
    while (await page.evaluate(() => document.readyState).catch(() => '') !== 'complete') await sleep(20);
  },

  run: ({code}) => page.evaluate(code),
  asked: () => asked,
  cookies: () => context.cookies(),
  shot: ({path}) => page.screenshot({path, fullPage: true}).then(() => null),

  // view sets the window and, in Chromium, the colours.
  async view({width, height, media}) {
    await page.setViewport({width, height});
    if (kind !== 'chromium') return;
    const cdp = page.cdp ??= await page.createCDPSession();
    await cdp.send('Emulation.setEmulatedMedia', {features: Object.entries(media ?? {}).map(([name, value]) => ({name, value}))});
  },
  // axe says what is wrong with the page as it looks now. Of forced colours it would see those that they replace: it takes those of
  // text from -webkit-text-fill-color.
  async axe({forced}) {
    await page.evaluate(`window.axe || (() => {${axe}})()`);
    return page.evaluate(async contrast => {
      const found = await window.axe.run(document, {
        resultTypes: ['violations'],
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        rules: {'color-contrast': {enabled: contrast}},
      });
      const said = n => `${n.html.slice(0, 150)} (${[...n.any, ...n.all, ...n.none].map(c => c.message).join('; ')})`;
      return found.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(said).join(' and ')}`);
    }, !forced);
  },
};

process.stdout.on('error', () => process.exit()); // the tests are gone, and puppeteer takes the browser along
for await (const line of createInterface({input: process.stdin})) {
  const {do: name, ...args} = JSON.parse(line);
  let answer;
  try {
    answer = {value: await within(60000, Promise.resolve(commands[name](args))) ?? null};
  } catch (e) {
    answer = {error: `${name}: ${e.message}`};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
await browser.close();
rmSync(saved, {recursive: true, force: true});
process.exit();
