// Walks through the built-in pages in a real browser, as people do: at a desktop's and a phone's
// width, light and dark. Each page is checked with axe-core and photographed. Starts its own server.
import { spawn } from 'node:child_process'
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const pictures = join(root, 'target', 'browser')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PASSWORD = 'Corr3ct-Horse-9-Battery'
const VIEWS = [
  { name: 'desktop-light', width: 1280, height: 900, colorScheme: 'light' },
  { name: 'desktop-dark', width: 1280, height: 900, colorScheme: 'dark' },
  { name: 'phone-light', width: 390, height: 844, colorScheme: 'light' },
  { name: 'phone-dark', width: 320, height: 640, colorScheme: 'dark' },
]
let passed = 0
let failed = 0

function check(name, problems) {
  if (problems.length === 0) {
    passed += 1
    return
  }
  failed += 1
  console.log(`FAILED: ${name}\n  ${problems.join('\n  ')}`)
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function startServer(data) {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const program = process.env.FOREWARN ?? join(root, 'target', 'debug', 'forewarn')
  const env = {
    PATH: process.env.PATH, DATA_DIR: data, BIND: `127.0.0.1:${port}`, DEMO: 'on', RATE_LIMITS: 'off',
    RUST_LOG: 'warn', PACKS_DIR: join(root, 'packs'),
  }
  const server = spawn(program, { env, cwd: data, stdio: ['ignore', 'pipe', 'inherit'] })
  const password = await new Promise((resolve, reject) => {
    let text = ''
    server.stdout.on('data', (part) => {
      text += part
      const found = /password\s+(\S+)\n/.exec(text)
      if (found) resolve(found[1])
    })
    server.on('exit', () => reject(new Error(`the server ended: ${text}`)))
  })
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const ready = await fetch(`${base}/health/ready`).then((answer) => answer.ok, () => false)
    if (ready) return { server, base, password }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('the server is not ready')
}

async function signIn(base, email, password) {
  const answer = await call(base, '', 'POST', '/api/auth/login/', { email, password })
  return answer.access
}

async function call(base, token, method, path, body) {
  const headers = { 'Content-Type': 'application/json' }
  if (token) headers.Authorization = `Bearer ${token}`
  const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
  return text ? JSON.parse(text) : {}
}

/** The path of the link in the newest mail to an address. */
async function linkInMail(data, email, prefix) {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const folder = join(data, 'mail')
    const names = readdirSync(folder, { withFileTypes: true }).map((entry) => entry.name).sort().reverse()
    for (const name of names) {
      const mail = readFileSync(join(folder, name), 'utf8')
      const found = mail.includes(email) && new RegExp(`${prefix}[^\\s"<]+`).exec(mail)
      if (found) return found[0]
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`no mail to ${email} has ${prefix}`)
}

/** Checks a page at all widths and in both colour schemes, and photographs it. */
async function look(page, name) {
  for (const view of VIEWS) {
    await page.emulateMedia({ colorScheme: view.colorScheme })
    await page.setViewportSize({ width: view.width, height: view.height })
    await page.screenshot({ path: join(pictures, `${name}-${view.name}.png`), fullPage: true })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    check(`${name} fits into ${view.width} pixels`, wide > 0 ? [`${wide} pixels too wide`] : [])
    const result = await page.evaluate(async (source) => {
      (0, eval)(source)
      return (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations
    }, axe)
    const problems = result.map((violation) =>
      `${violation.id}: ${violation.help}: ${violation.nodes.map((node) => node.html).join(' | ').slice(0, 300)}`)
    check(`${name} is accessible (${view.name})`, problems)
  }
  await page.setViewportSize({ width: 1280, height: 900 })
}

async function expectHeading(page, text) {
  const heading = await page.locator('h1').innerText()
  check(`${page.url().replace(/[\w-]{30,}/, '…')} says ${text}`, heading.includes(text) ? [] : [heading])
}

/** Every field and button can be reached with the tabulator key, in the order of the page. */
async function expectKeyboard(page, name) {
  const wanted = await page.locator('main a, main button, main input:not([type=hidden]), main summary').count()
  const reached = new Set()
  for (let step = 0; step < wanted + 12; step += 1) {
    await page.keyboard.press('Tab')
    const place = await page.evaluate(() => {
      const all = [...document.querySelectorAll('main a, main button, main input:not([type=hidden]), main summary')]
      return all.indexOf(document.activeElement)
    })
    if (place >= 0) reached.add(place)
  }
  check(`${name} works with the keyboard`, reached.size === wanted ? [] : [`${reached.size} of ${wanted} reached`])
}

async function fill(page, fields, submit) {
  for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).fill(value)
  await page.getByRole('button', { name: submit }).click()
}

async function walkAccounts({ base, data, open }) {
  const page = await open()
  const email = 'ada@example.org'
  await page.goto(`${base}/`)
  await expectHeading(page, 'Find what can go wrong')
  await look(page, 'home')
  await expectKeyboard(page, 'home')
  await page.goto(`${base}/nowhere`)
  await expectHeading(page, 'Page not found')
  await look(page, 'not-found')

  await page.goto(`${base}/sign-up`)
  await look(page, 'sign-up')
  await expectKeyboard(page, 'sign-up')
  await fill(page, { email: 'ada', password1: 'password', password2: 'other' }, 'Create account')
  await look(page, 'sign-up-refused')
  await fill(page, { email, password1: PASSWORD, password2: PASSWORD }, 'Create account')
  await expectHeading(page, 'Find what can go wrong')
  await look(page, 'home-signed-in')
  await page.goto(base + await linkInMail(data, email, '/verify-email/'))
  await look(page, 'verify-email')
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await expectHeading(page, 'Address confirmed')
  await look(page, 'verify-email-done')

  await page.goto(`${base}/`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await look(page, 'sign-in')
  await fill(page, { email, password: 'not it' }, 'Sign in')
  await look(page, 'sign-in-refused')
  await page.getByRole('link', { name: 'Forgotten your password?' }).click()
  await look(page, 'forgot-password')
  await fill(page, { email }, 'Send the link')
  await expectHeading(page, 'Look into your mailbox')
  await look(page, 'forgot-password-sent')
  const link = await linkInMail(data, email, '/reset-password/')
  await page.goto(base + link)
  await look(page, 'reset-password')
  const next = 'An0ther-Horse-8-Battery'
  await fill(page, { new_password1: next, new_password2: next }, 'Save the password')
  await expectHeading(page, 'Sign in')
  await fill(page, { email, password: next }, 'Sign in')
  await expectHeading(page, 'Find what can go wrong')
  await page.goto(base + link)
  await expectHeading(page, 'This link does not work any more')
  await look(page, 'reset-password-used')
}

async function walkInvitations({ base, data, token, open }) {
  const [team] = (await call(base, token, 'GET', '/api/teams/')).results
  const email = 'grace@example.org'
  await call(base, token, 'POST', `/api/teams/${team.id}/invite-member/`, { email, role: 'member' })
  const link = base + await linkInMail(data, email, '/invite/')
  const page = await open()
  await page.goto(link)
  await expectHeading(page, 'Join the team')
  await look(page, 'invite')
  await expectKeyboard(page, 'invite')
  await page.getByRole('link', { name: 'Sign in and join' }).click()
  await look(page, 'invite-sign-in')
  await page.goto(link)
  await fill(page, { password1: '12345678', password2: '12345678' }, 'Create account')
  await look(page, 'invite-refused')
  await fill(page, { password1: PASSWORD, password2: PASSWORD }, 'Create account')
  await expectHeading(page, 'Welcome to')
  await look(page, 'invite-joined')
  await page.goto(link)
  await expectHeading(page, 'This invitation has ended')
  await look(page, 'invite-used')

  const other = 'barbara@example.org'
  await call(base, token, 'POST', `/api/teams/${team.id}/invite-member/`, { email: other, role: 'viewer' })
  await page.goto(base + await linkInMail(data, other, '/invite/'))
  await page.getByText('This invitation is for somebody else').waitFor()
  await look(page, 'invite-for-another')
}

async function walkShares({ base, token, open }) {
  const [model] = (await call(base, token, 'GET', '/api/threat-models/')).results
  const shared = await call(base, token, 'POST', '/api/magic-links/', { threatModel: model.id })
  const page = await open()
  await page.goto(base + shared.url)
  await expectHeading(page, model.name)
  await look(page, 'share')
  await page.locator('.threat summary').first().click()
  await page.locator('.threat').first().scrollIntoViewIfNeeded()
  await look(page, 'share-open')
  await call(base, token, 'POST', `/api/magic-links/${shared.id}/revoke/`)
  await page.goto(base + shared.url)
  await expectHeading(page, 'This link shows nothing')
  await look(page, 'share-ended')

  const password = 'a word among friends'
  const locked = await call(base, token, 'POST', '/api/magic-links/', { threatModel: model.id, password })
  const guest = await open()
  await guest.goto(base + locked.url)
  await expectHeading(guest, 'Shared threat model')
  await look(guest, 'share-password')
  await expectKeyboard(guest, 'share-password')
  await fill(guest, { password: 'a guess' }, 'Show the model')
  await expectHeading(guest, 'Shared threat model')
  await look(guest, 'share-password-refused')
  await fill(guest, { password }, 'Show the model')
  await expectHeading(guest, model.name)
}

async function main() {
  rmSync(pictures, { recursive: true, force: true })
  mkdirSync(pictures, { recursive: true })
  const data = mkdtempSync(join(tmpdir(), 'forewarn-browser-'))
  mkdirSync(join(data, 'mail'))
  const { server, base, password } = await startServer(data)
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  try {
    const token = await signIn(base, 'demo@forewarn.example', password)
    // A context of its own is a browser of its own: no cookies of others.
    const open = async () => {
      // axe-core is injected; the policy of the pages would rightly refuse it.
      const context = await browser.newContext({ bypassCSP: true })
      const page = await context.newPage()
      page.setDefaultTimeout(15_000)
      page.on('console', (line) => {
        const expected = /status of 4\d\d/.test(line.text())
        if (line.type() === 'error' && !expected) check('no complaint of the browser', [line.text()])
      })
      return page
    }
    const walk = { base, data, token, open }
    for (const part of [walkAccounts, walkInvitations, walkShares]) {
      await part(walk).catch((error) => check(part.name, [error.stack]))
    }
  } finally {
    await browser.close()
    server.kill()
    rmSync(data, { recursive: true, force: true })
  }
  console.log(`${passed} passed, ${failed} failed; pictures are in target/browser`)
  process.exitCode = failed === 0 ? 0 : 1
}

await main()
