// Package static holds what a browser is given: the templates of the pages, their words, one stylesheet, one icon and one
// small script.
//
// It promises that a page needs nothing else: no font, no picture, nothing from elsewhere, and no script either: without
// it no task is lost. Every visible word stands in lang/, so that a language can be added without touching a page. It
// imports nothing of ours.
//
// app.js is served as it stands here, so that anybody can read what runs. It keeps nothing, sends nothing, and asks this
// server for the public list of words alone. It changes nothing about who could read what: the server seals with it as
// without it. What it does:
//
//   - Leaving, by a link or by Shift three times within a second with no other key or click between: the page is
//     blank at once, however slow the network, and its entry in the history is replaced. Alt and Ctrl with Shift switch
//     keyboards, so they do not count, nor does a key that repeats; five times Shift is Windows' own.
//   - A page that was left is blank, and asks the server anew if the browser brings it back from a cache.
//   - What has data-script works only with script, so it is hidden until then; #copy also needs a clipboard.
//   - Of the form's 100,000 characters, what is left is said from the last 10,000 on, half a second after she paused: code
//     points, as the server counts.
//   - Words that are not on the list are named as she types, read as dropbox.ParseCode reads them, run together or apart; but
//     the last only when she leaves the field, as it may be half a word. The list is fetched when she comes to the field; if
//     that goes wrong nothing is said. No word begins another, so a regular expression of them all reads from the front.
package static

import "embed"

// Files holds
//
//	pages/*.html   layout.html, parts.html and one template for each page
//	lang/*.json    a catalogue for each language, en.json the model of all: go-i18n v2 messages under flat keys;
//	               lang/README.md is for translators
//	style.css      served at /style.css
//	app.js         served at /app.js
//	desk/          desk.css and the pages of an advocate's desk, in English alone: her own program shows them (dropbox/window)
//	icon.png       served at /icon.png: a plain sheet of paper, which tells nobody what the page is about
//
//go:embed pages/*.html lang/*.json style.css app.js icon.png desk
var Files embed.FS
