package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tellbox/dropbox"
	"tellbox/dropbox/scrub"
	"tellbox/static"
)

// What the templates spell out one by one, in the order of the page. Their words are in the catalogue under
// ‹family›.‹member›, and for problems under problem.‹token›.title and .next.
var (
	pageNames      = []string{"start", "readers", "questions", "form", "code", "check", "conversation", "withdrawn", "problem", "poster"}
	readWishes     = slices.DeleteFunc(slices.Clone(dropbox.Wishes), func(w string) bool { return w == dropbox.Record }) // of what readers are to get
	roleOrder      = []string{"advocate", "ombudsperson", "investigator", "adjudicator"}
	defaultPrompts = []string{"when", "where", "who", "told", "before", "help", "contact"}
	commonQuestion = []string{"danger", "readers", "way", "passed", "rape", "unsure", "support", "complaint", "record", "files", "kept", "long", "lost", "found", "back"}
	hiddenData     = (scrub.Behind<<1 - 1).Words()
	problemTokens  = []string{
		"empty-account", "too-long", "code-in-text", "code-word", "code-checksum", "code-length", "unknown-reader", "no-reader",
		"readers-changed", "malformed", "nothing-here", "used-ticket", "too-large", "busy", "store-down", "full", "roster-expired", "record-shared", "too-many-files", "file-not-sent", "no-file", "not-found",
	}
	families = map[string][]string{
		"title": pageNames, "wish": dropbox.Wishes, "wish.what": dropbox.Wishes,
		"about": dropbox.Abouts, "role": roleOrder, "role.what": roleOrder, "prompt": defaultPrompts, "question": commonQuestion,
		"answer": commonQuestion, "done": {"message", "added", "wish", "share"}, "kind": {"report", "message", "wish", "share", "reply", "status", "added"}, "stands": dropbox.Statuses, "problem": problemTokens,
		"file": fates, "hidden": hiddenData, "type": {"picture", "film", "sound", "pdf", "text", "other"},
		"day":   {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
		"month": {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"},
	}
)

// renderer makes pages of views. It is complete when it is made: a key that a template names and a catalogue lacks, an
// empty message, or one that wants what its template does not give, is an error of newRenderer. Safe for concurrent use.
type renderer struct {
	tongues []*tongue // those that are on; the first is the default, English
	matcher language.Matcher
}

// tongue is one language: its catalogue and the pages bound to it.
type tongue struct {
	tag       language.Tag
	localizer *i18n.Localizer
	printer   *message.Printer
	known     map[string]bool   // the catalogue's keys
	fixed     map[string]string // messages without arguments, which is most: looked up once, at the start
	spoken    sync.Map          // hours of support lines, in words
	pages     map[string]*template.Template
	all       []*tongue // the languages that are on
}

// newRenderer makes the renderer of static's pages in the catalogues of lang. All of these have to be complete, also those that are off.
func newRenderer(lang fs.FS, on []string) (*renderer, error) {
	files, err := fs.Glob(lang, "lang/*.json")
	if err != nil || !slices.Contains(files, "lang/en.json") {
		return nil, errors.Join(errors.New("reading catalogues: no lang/en.json"), err)
	}
	r, bundle := &renderer{}, i18n.NewBundle(language.English)
	for _, name := range files {
		b, err := fs.ReadFile(lang, name)
		if err != nil {
			return nil, fmt.Errorf("reading catalogues: %w", err)
		}
		f, err := bundle.ParseMessageFileBytes(b, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		l := &tongue{tag: f.Tag, known: map[string]bool{}, fixed: map[string]string{}, pages: map[string]*template.Template{}}
		for _, m := range f.Messages {
			l.known[m.ID] = true
		}
		r.tongues = append(r.tongues, l)
	}
	slices.SortStableFunc(r.tongues, func(a, b *tongue) int { // English first: what nothing matches falls to it
		return boolOrder(b.tag == language.English) - boolOrder(a.tag == language.English)
	})
	for _, l := range r.tongues {
		l.localizer, l.printer = i18n.NewLocalizer(bundle, l.tag.String()), message.NewPrinter(l.tag)
		err := l.parse(static.Files)
		if err == nil {
			err = l.agrees(r.tongues[0])
		}
		if err != nil {
			return nil, fmt.Errorf("language %s: %w", l.tag, err)
		}
	}
	if r.tongues, err = choose(r.tongues, on); err != nil {
		return nil, err
	}
	var tags []language.Tag
	for _, l := range r.tongues {
		l.all, tags = r.tongues, append(tags, l.tag)
	}
	r.matcher = language.NewMatcher(tags)
	return r, nil
}

func (l *tongue) parse(pages fs.FS) error {
	for _, name := range pageNames {
		t, err := template.New(name).Funcs(l.funcs()).ParseFS(pages, "pages/layout.html", "pages/parts.html", path.Join("pages", name+".html"))
		if err != nil {
			return fmt.Errorf("page %s: %w", name, err)
		}
		for _, part := range t.Templates() {
			if part.Tree == nil {
				continue
			}
			for _, u := range uses(part.Tree.Root) {
				if err := l.try(u); err != nil {
					return fmt.Errorf("page %s: %w", name, err)
				}
			}
			l.bake(part.Tree.Root)
		}
		l.pages[name] = t
	}
	all := slices.Clone(ownUses)
	for _, key := range familyKeys() {
		all = append(all, use{key: key})
	}
	for _, u := range all {
		if err := l.try(u); err != nil {
			return err
		}
	}
	return nil
}

// tongue picks the language that is nearest to what a link or a form asks for.
func (r *renderer) tongue(asked string) *tongue {
	if len(asked) > maxLang {
		return r.tongues[0]
	}
	_, i := language.MatchStrings(r.matcher, asked)
	return r.tongues[i]
}

// page renders v in the language nearest to lang. On an error there is no half page.
func (r *renderer) page(lang string, v *view) ([]byte, error) {
	t := r.tongue(lang).pages[v.Page]
	if t == nil {
		return nil, errors.New("rendering: no such page")
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout", v); err != nil {
		return nil, fmt.Errorf("rendering page %s: %w", v.Page, err)
	}
	return b.Bytes(), nil
}
