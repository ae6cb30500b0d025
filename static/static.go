// Package static holds what a browser is given: the templates of the pages, their words, one stylesheet and one icon.
//
// It promises that a page needs nothing else: no script, no font, no picture from elsewhere. Every visible word
// stands in lang/, so that a language can be added without touching a page. It imports nothing of ours.
package static

import "embed"

// Files holds
//
//	pages/*.html   layout.html, parts.html and one template for each page
//	lang/*.json    a catalogue for each language, en.json the model of all: go-i18n v2 messages under flat keys;
//	               lang/README.md is for translators
//	style.css      served at /style.css
//	icon.png       served at /icon.png: a plain sheet of paper, which tells nobody what the page is about
//
//go:embed pages/*.html lang/*.json style.css icon.png
var Files embed.FS
