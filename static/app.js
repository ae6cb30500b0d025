// static.go says what this does, and why.
(() => {
'use strict';
const all = (s, e = document) => [...e.querySelectorAll(s)];
const say = (e, text) => { if (e.textContent != text) e.textContent = text; };

const [exit] = all('#exit'), blank = () => document.body.replaceChildren();
const leave = () => {
	if (document.body.firstChild) location.replace(exit);
	blank();
	return false;
};
for (const a of all('[href^="/exit"]')) a.onclick = leave;
let taps = [];
onpointerdown = () => taps = [];
onkeydown = e => {
	if (e.key != 'Shift' || e.altKey || e.ctrlKey) taps = [];
	else if (!e.repeat && taps.unshift(e.timeStamp) && taps[0] - taps[2] < 1000) leave();
};
onpagehide = blank;
onpageshow = e => e.persisted && location.reload();

for (const e of all('[data-script]')) e.hidden = e.id == 'copy' && !navigator.clipboard;
for (const b of all('#copy button')) b.onclick = async () => {
	await navigator.clipboard.writeText(all('#code')[0].textContent);
	say(b.nextElementSibling, b.value);
};

let list, timer;
const look = async ({target: t, type}) => {
	clearTimeout(timer);
	for (const e of all('[data-left]', t.form || t)) {
		const n = all('textarea', t.form).reduce((n, a) => n - [...a.value].length, 1e5);
		say(e, n > 1e4 ? '' : e.dataset.left + ' ' + n.toLocaleString(document.documentElement.lang));
	}
	if (t.name != 'code') return;
	list ??= fetch('/words.txt').then(r => r.ok && r.text()).then(s => RegExp(s.match(/\w+/g).join('|'), 'gy'));
	const words = await list, rest = s => s.replace(words, ''), [e] = all('[data-found]', t.parentNode);
	const typed = t.value.toLowerCase().split(/[^\p{L}\p{M}]/u);
	const bad = rest(typed.join('')) ? typed.slice(0, type == 'input' ? -1 : 99).filter(rest) : [];
	const n = typed.filter(s => !bad.includes(s)).join('').match(words)?.length || 0;
	say(e, t.value && e.dataset.found + ' ' + n + (bad[0] ? e.dataset.bad + ' ' + bad.join(', ') : ''));
};
addEventListener('focusin', look);
onchange = look;
oninput = e => {
	clearTimeout(timer);
	timer = setTimeout(look, 500, e);
};
})();
