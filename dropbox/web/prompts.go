package web

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"tellbox/dropbox"
	"tellbox/static"
)

// Limits of the operator's prompts, and of the answers to them.
const (
	maxPromptFile = 64 << 10 // bytes
	maxAnswers    = 32       // as many as a frame takes: to what is asked now, and to what was asked when her form was opened
)

// Prompts are the optional questions of the form, in its order. Nil are the catalogue's own; a file without any is a form without.
// They do not change once they are made.
type Prompts struct{ list []prompt }

type prompt struct {
	id, question string
	in           map[string]string // the question, by the language of a page
	line         int               // where it stands in the file
}

// ParsePrompts reads the operator's prompts from the text of the file with that name:
//
//	# A comment. Empty lines count for nothing either.
//	when: When was it? A rough time is fine.
//	where: Where was it?
//	when cy: Pryd oedd hyn? Mae amser bras yn iawn.
//
// A prompt is a line with an id, a colon and the question; the page asks them in the file's order. A translation of it has the tag
// of one of static/lang's catalogues behind the id, and stands anywhere below its prompt. A page in a language without a translation
// shows the prompt's own line.
//
// The file is UTF-8 of at most 64 KiB, with at most 16 prompts. An id is given once, and is a dropbox.ValidID; readers see it
// instead of the question, since frames carry ids. A question has letters and at most 200 characters, is shown as it is, and so is refused if
// it looks like a template. An error says name:line: and what is wrong there, and nothing of what stands there but valid ids, in case
// that is the wrong file.
func ParsePrompts(name string, text []byte) (*Prompts, error) {
	return parsePrompts(name, text, catalogueTags())
}

// catalogueTags are the languages that pages can be in, whether or not they are.
func catalogueTags() (tags []string) {
	files, err := fs.Glob(static.Files, "lang/*.json")
	if err != nil {
		panic(err) // embedded
	}
	for _, f := range files {
		tags = append(tags, language.Make(strings.TrimSuffix(path.Base(f), ".json")).String())
	}
	return tags
}

func parsePrompts(name string, text []byte, tags []string) (*Prompts, error) {
	if len(text) > maxPromptFile {
		return nil, fmt.Errorf("%s:%d: the file ends here, at 64 KiB; it is longer", name, 1+bytes.Count(text[:maxPromptFile], []byte("\n")))
	}
	p, n := &Prompts{}, 0
	for line := range strings.SplitSeq(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		n++
		if err := p.read(n, strings.TrimSuffix(line, "\r"), tags); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return p, nil
}

var errControl = errors.New("there is a control character in this line: type it anew, as plain text")

// read takes in line n.
func (p *Prompts) read(n int, line string, tags []string) error {
	switch {
	case !utf8.ValidString(line):
		return errors.New("this line is not UTF-8: save the file as UTF-8 text")
	case strings.ContainsFunc(line, unprintable): // in comments too: an editor may show a prompt on a line of its own that is none
		return errControl
	}
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return nil
	}
	head, question, found := strings.Cut(line, ":")
	if !found {
		return errors.New("there is no colon: write an id, a colon and the question, or a # before a comment")
	}
	words := strings.Fields(head)
	switch {
	case len(words) == 0:
		return errors.New("there is no id before the colon")
	case len(words) > 2:
		return errors.New("before the first colon stands an id, or an id and a language, and nothing else")
	case !dropbox.ValidID(words[0]):
		return fmt.Errorf("the id takes 1 to 32 of a-z, 0-9 and -, begins with a letter, and is not %q", dropbox.FromReporter)
	}
	question = strings.TrimSpace(question)
	if err := checkQuestion(question); err != nil {
		return err
	}
	if len(words) == 1 {
		return p.add(prompt{words[0], question, map[string]string{}, n})
	}
	return p.translate(words[0], words[1], question, tags)
}

// unprintable are the controls but the tab, and what some editors show as the end of a line.
func unprintable(r rune) bool {
	return unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029'
}

func checkQuestion(question string) error {
	n := utf8.RuneCountInString(question)
	switch {
	case question == "":
		return errors.New("there is no question after the colon")
	case strings.Contains(question, "\t"):
		return errControl
	case n > dropbox.MaxQuestion:
		return fmt.Errorf("the question has %d characters: %d is the most", n, dropbox.MaxQuestion)
	case strings.Contains(question, "{{"), strings.Contains(question, "}}"):
		return errors.New("the question looks like a template: it is shown as it is, so write it without {{ and }}")
	case !strings.ContainsFunc(question, unicode.IsLetter):
		return errors.New("there are no words in the question")
	}
	return nil
}

func (p *Prompts) add(next prompt) error {
	if was := p.find(next.id); was != nil {
		return fmt.Errorf("the id %s stands in line %d already: every question has its own", next.id, was.line)
	}
	if len(p.list) == dropbox.MaxQuestions {
		return fmt.Errorf("this is one question too many: %d is the most", dropbox.MaxQuestions)
	}
	p.list = append(p.list, next)
	return nil
}

func (p *Prompts) translate(id, tag, question string, tags []string) error {
	of := p.find(id)
	switch {
	case !slices.Contains(tags, tag):
		return fmt.Errorf("that is no language of the pages: there are %s, written like that", strings.Join(tags, ", "))
	case of == nil:
		return fmt.Errorf("there is no question %s above this line that this could translate", id)
	case of.in[tag] != "":
		return fmt.Errorf("the question %s has been translated to %s already", id, tag)
	}
	of.in[tag] = question
	return nil
}

func (p *Prompts) find(id string) *prompt {
	for i := range p.list {
		if p.list[i].id == id {
			return &p.list[i]
		}
	}
	return nil
}

// ids are those of the questions, in order.
func (p *Prompts) ids() (ids []string) {
	if p == nil {
		return defaultPrompts
	}
	for _, q := range p.list {
		ids = append(ids, q.id)
	}
	return ids
}

// ask puts the operator's questions to all answers of a page in that language. Where he has none, tongue.ask finds the catalogue's.
func (p *Prompts) ask(v *view, lang string) {
	if v.Form != nil {
		p.askFor(v.Form.Prompts, lang)
	}
	if v.Conversation != nil {
		for _, e := range v.Conversation.Entries {
			p.askFor(e.Prompts, lang)
		}
	}
}

func (p *Prompts) askFor(answers []promptView, lang string) {
	for i, a := range answers {
		if q := p.find(a.ID); q != nil {
			answers[i].Question = q.question
			if in := q.in[lang]; in != "" {
				answers[i].Question = in
			}
		}
	}
}

// answers are hers to the prompts of now, and after them, by id, those to others: the operator may have edited the file while her form
// stood open. Strange says that there is one under what is no id. No form of ours asks for such a thing, so it is not shown again either.
func (p *Prompts) answers(f *form) (answers []promptView, strange bool) {
	ids := p.ids()
	for _, id := range ids {
		answers = append(answers, promptView{ID: id, Answer: dropbox.Clean(f.Get("prompt." + id))})
	}
	for _, name := range slices.Sorted(maps.Keys(f.Values)) {
		id, isPrompt := strings.CutPrefix(name, "prompt.")
		answer := dropbox.Clean(f.Get(name))
		if !isPrompt || slices.Contains(ids, id) || strings.TrimSpace(answer) == "" {
			continue
		}
		if !dropbox.ValidID(id) || len(answers) >= 2*maxAnswers { // more than anybody has seen questions: a page of them would help nobody
			strange = true
			continue
		}
		answers = append(answers, promptView{ID: id, Answer: answer})
	}
	return answers, strange
}
