// The report in a real Chromium: reports of many shapes, narrow and wide, light and dark, and on paper.
//
// REPORT_SAMPLE makes a report from a table; the tables are in data/estimate or written here.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import axe from "axe-core";
import { chromium } from "playwright-core";

const data = join(process.env.CF_SOURCE_ROOT, "data", "estimate");
const folder = mkdtempSync(join(tmpdir(), "counterfoil-report-"));
const views = [
	{ viewport: { width: 360, height: 900 }, colorScheme: "light" },
	{ viewport: { width: 360, height: 900 }, colorScheme: "dark" },
	{ viewport: { width: 1600, height: 900 }, colorScheme: "light" },
	{ viewport: { width: 1600, height: 900 }, colorScheme: "dark" },
];

// Ten lists: each alone, each with the next, and a few on many.
function tenLists() {
	const names = "abcdefghij".split("");
	const row = (on, n) => [...names.map((_, i) => (on.includes(i) ? 1 : 0)), n].join(",");
	const rows = names.map((_, i) => row([i], 40 + 7 * i));
	names.forEach((_, i) => rows.push(row([i, (i + 1) % 10], 11 + (i % 4))));
	rows.push(row([0, 1, 2, 3], 3), row([4, 5, 6, 7, 8, 9], 12));
	return [[...names, "count"].join(","), ...rows].join("\n") + "\n";
}

const apart = "first,second,third,count\n1,0,0,120\n0,1,0,80\n0,0,1,77\n";
const two = "first,second,count\n1,0,310\n0,1,205\n1,1,64\n";
const small = "a,b,c,count\n1,0,0,60\n0,1,0,55\n0,0,1,48\n1,1,0,7\n1,0,1,4\n0,1,1,21\n1,1,1,2\n";
const samples = {
	usual: { table: join(data, "UKdat.csv") },
	hostile: { text: tenLists(), names: "hostile" },
	apart: { text: apart },
	two: { text: two },
	small: { text: small },
	bare: { table: join(data, "UKdat_5.csv"), names: "bare" },
	plain: { table: join(data, "Western.csv"), replicates: 0 },
};

let browser;

before(async () => {
	for (const [name, s] of Object.entries(samples)) {
		s.folder = join(folder, name);
		mkdirSync(s.folder);
		const table = s.table ?? join(s.folder, "table.csv");
		if (s.text) writeFileSync(table, s.text);
		const replicates = String(s.replicates ?? 400);
		execFileSync(process.env.REPORT_SAMPLE, [table, s.folder, s.names ?? "plain", replicates]);
		s.url = pathToFileURL(join(s.folder, "report.html")).href;
		s.json = JSON.parse(readFileSync(join(s.folder, "report.json"), "utf-8"));
	}
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync"],
	});
});

after(async () => {
	await browser?.close();
	rmSync(folder, { recursive: true });
});

// Opens a sample; whatever the page asks for or complains about is kept.
async function open(sample, options) {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	const heard = { requests: [], complaints: [] };
	page.on("request", (r) => heard.requests.push(r.url()));
	page.on("console", (m) => heard.complaints.push(m.text()));
	page.on("pageerror", (e) => heard.complaints.push(String(e)));
	page.on("dialog", (d) => { heard.complaints.push("dialog"); d.dismiss(); });
	await page.goto(sample.url);
	return { page, heard, close: () => context.close() };
}

// What sticks out of the page or of the figure it belongs to, and texts of a figure that lie on each other.
function findCrowding() {
	const found = [];
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > width) found.push("the page is wider than the window");
	for (const e of document.querySelectorAll("body *")) {
		const r = e.getBoundingClientRect();
		if (r.width === 0 || e.closest(".scroll, .unseen, .skip, .defs, pre")) continue;
		if (r.right > width + 1 || r.left < -1) found.push(`${e.tagName} ${e.className} sticks out`);
	}
	for (const svg of document.querySelectorAll("svg")) {
		const frame = svg.getBoundingClientRect();
		const texts = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBoundingClientRect()]).filter(([, r]) => r.width > 0);
		texts.forEach(([text, r], i) => {
			if (r.left < frame.left - 12 || r.right > frame.right + 12 || r.top < frame.top - 2 || r.bottom > frame.bottom + 2)
				found.push(`the text "${text}" leaves its figure`);
			for (const [other, o] of texts.slice(i + 1))
				if (r.left < o.right && o.left < r.right && r.top < o.bottom && o.top < r.bottom)
					found.push(`the texts "${text}" and "${other}" lie on each other`);
		});
	}
	return found;
}

for (const name of Object.keys(samples)) {
	test(`${name}: fits, can be read by all, asks for nothing`, async () => {
		for (const view of views) {
			const { page, heard, close } = await open(samples[name], view);
			const where = `${name} at ${view.viewport.width}, ${view.colorScheme}`;
			assert.deepEqual(await page.evaluate(findCrowding), [], where);
			await page.evaluate(axe.source);
			const checked = await page.evaluate(() => globalThis.axe.run());
			const faults = checked.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).slice(0, 3)}`);
			assert.deepEqual(faults, [], where);
			assert.ok(checked.passes.some((p) => p.id === "color-contrast"), "contrast was looked at");
			assert.deepEqual(heard, { requests: [samples[name].url], complaints: [] }, where);
			await close();
		}
	});

	test(`${name}: one file without a script`, async () => {
		const { page, close } = await open(samples[name]);
		const active = await page.evaluate(() => ({
			elements: document.querySelectorAll("script, img, iframe, object, embed, link, form, base").length,
			handlers: [...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => /^on/i.test(a.name))).length,
			away: [...document.querySelectorAll("[href], [src]")].filter((e) => !(e.getAttribute("href") ?? "x").startsWith("#")).length,
			styles: document.querySelectorAll("style").length,
			ids: [...document.querySelectorAll("[id]")].map((e) => e.id),
			targets: [...document.querySelectorAll("a[href]")].map((e) => e.getAttribute("href").slice(1)),
		}));
		assert.deepEqual([active.elements, active.handlers, active.away, active.styles], [0, 0, 0, 1]);
		assert.equal(new Set(active.ids).size, active.ids.length, "no id stands twice");
		for (const t of active.targets) assert.ok(active.ids.includes(t), `#${t} is there`);
		await close();
	});

	test(`${name}: on paper`, async () => {
		const { page, close } = await open(samples[name]);
		const pdf = join(samples[name].folder, "report.pdf");
		await page.pdf({ path: pdf, preferCSSPageSize: true, printBackground: true });
		const pages = execFileSync("pdftotext", ["-layout", pdf, "-"], { encoding: "utf-8" }).split("\f").slice(0, -1);
		assert.ok(pages.length >= 2);
		for (const [i, text] of pages.entries()) assert.ok(text.trim().length > 80, `page ${i + 1} is nearly blank`);
		for (const title of await page.locator("h2").allTextContents())
			if (title !== "Contents") assert.ok(pages.join(" ").includes(title), title);
		// A4 less its margins, in CSS pixels
		await page.setViewportSize({ width: 672, height: 980 });
		await page.emulateMedia({ media: "print" });
		assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 672, "cut at the right");
		await close();
	});

	test(`${name}: no count of 1 to k-1`, async () => {
		const { page, close } = await open(samples[name]);
		const json = samples[name].json;
		const cells = await page.locator(".bars td.number, .pairs td").allTextContents();
		assert.ok(cells.length > 0);
		for (const cell of cells) {
			const [low, high] = cell.replaceAll(",", "").match(/\d+/g)?.map(Number) ?? [];
			if (low === undefined) continue;
			if (high === undefined) assert.ok(low === 0 || low >= json.k, `${cell} is shown`);
			else assert.ok(high - low >= json.k - 1, `the range ${cell} is narrow`);
		}
		const shown = await page.locator(".plot tbody tr:not(.hidden-row) td.number").allTextContents();
		const exact = json.combinations.filter((c) => !c.persons.suppressed).map((c) => c.persons.value);
		const numbers = shown.map((t) => Number(t.replaceAll(",", ""))).filter((n) => !Number.isNaN(n));
		assert.deepEqual(numbers.sort((a, b) => a - b), exact.sort((a, b) => a - b));
		await close();
	});
}

test("names stay text, whatever is in them", async () => {
	const { page, close } = await open(samples.hostile);
	const body = await page.locator("body").innerText();
	for (const text of ["<script>alert(1)</script>", "a;b:c,d{}</style>", "\"quoted\" & 'single' ]]> <!-- -->"])
		assert.ok(body.includes(text), text);
	assert.equal(await page.locator("h1").innerText(), 'A & B < C > "D" </title><script>x</script>');
	// a name that turns the direction of writing does so to itself alone
	assert.ok((await page.locator("bdi").count()) > 20);
	await close();
});

test("what cannot be estimated has no number", async () => {
	const { page, close } = await open(samples.apart);
	assert.equal(samples.apart.json.verdict, "not_estimable");
	assert.equal(samples.apart.json.pairs_that_never_overlap.length, 3);
	const result = await page.locator("section").first().innerText();
	assert.match(result, /Not estimable/);
	assert.doesNotMatch(result, /NaN|Infinity|null|undefined/);
	for (const e of samples.apart.json.estimates) assert.equal(e.estimate.value, null);
	await close();
});

test("the small counts that were in the table are nowhere", async () => {
	const { page, close } = await open(samples.small);
	const html = readFileSync(join(samples.small.folder, "report.html"), "utf-8");
	const rows = await page.locator(".plot tbody tr").count();
	assert.equal(rows, 7);
	assert.equal(await page.locator(".plot tr.hidden-row").count(), 3);
	assert.ok(!/>\s*[1-9]\s*(persons?)?\s*<\/td>/.test(html.slice(0, html.indexOf("id=\"method\""))));
	for (const c of samples.small.json.combinations.filter((c) => c.persons.suppressed))
		assert.equal(c.persons.value, null);
	await close();
});
