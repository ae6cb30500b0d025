package web

import (
	"fmt"
	"html/template"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	i18ntemplate "github.com/nicksnyder/go-i18n/v2/i18n/template"

	"tellbox/dropbox"
)

// use is one place that asks for a message: its key, the names of its arguments, and whether it counts.
type use struct {
	key    string
	args   []string
	plural bool
}

// ownUses are the messages that this file asks for itself.
var ownUses = []use{
	{key: "date", args: []string{"Day", "Month", "Year"}}, {key: "hours.always"}, {key: "hours.part", args: []string{"Days", "From", "To"}},
	{key: "hours.daily"}, {key: "hours.range", args: []string{"From", "To"}}, {key: "hours.zone", args: []string{"City"}},
	{key: "language.name"}, {key: "language.dir"}, {key: "language.status"},
	{key: "size.kb", args: []string{"Size"}}, {key: "size.mb", args: []string{"Size"}},
}

func familyKeys() (keys []string) {
	for _, family := range slices.Sorted(maps.Keys(families)) {
		for _, m := range families[family] {
			if family == "problem" {
				keys = append(keys, "problem."+m+".title", "problem."+m+".next")
			} else {
				keys = append(keys, family+"."+m)
			}
		}
	}
	return keys
}

// uses finds the calls of t and tn below node, whose keys are always written out.
func uses(node parse.Node) (found []use) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				found = append(found, uses(c)...)
			}
		}
	case *parse.ActionNode:
		return uses(n.Pipe)
	case *parse.TemplateNode:
		return uses(n.Pipe)
	case *parse.IfNode:
		return branchUses(&n.BranchNode)
	case *parse.RangeNode:
		return branchUses(&n.BranchNode)
	case *parse.WithNode:
		return branchUses(&n.BranchNode)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				found = append(found, uses(c)...)
			}
		}
	case *parse.CommandNode:
		f, ok := n.Args[0].(*parse.IdentifierNode)
		if ok && (f.Ident == "t" || f.Ident == "tn") && len(n.Args) > 1 {
			u := use{plural: f.Ident == "tn"}
			if key, ok := n.Args[1].(*parse.StringNode); ok {
				u.key = key.Text
			}
			for i := 2; i < len(n.Args) && !u.plural; i += 2 {
				if name, ok := n.Args[i].(*parse.StringNode); ok {
					u.args = append(u.args, name.Text)
				}
			}
			found = append(found, u)
		}
		for _, a := range n.Args {
			found = append(found, uses(a)...)
		}
	}
	return found
}

func branchUses(n *parse.BranchNode) []use {
	return slices.Concat(uses(n.Pipe), uses(n.List), uses(n.ElseList))
}

// bake puts messages without arguments into the template as text, which halves the time that a page takes. They stand in text,
// titles and quoted attributes only, where what is escaped for HTML is safe.
func (l *tongue) bake(list *parse.ListNode) {
	if list == nil {
		return
	}
	for i, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			u := uses(n)
			if len(u) == 1 && n.String() == fmt.Sprintf("{{t %q}}", u[0].key) {
				list.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte(template.HTMLEscapeString(l.fixed[u[0].key]))}
			}
		case *parse.IfNode:
			l.bake(n.List)
			l.bake(n.ElseList)
		case *parse.RangeNode:
			l.bake(n.List)
			l.bake(n.ElseList)
		case *parse.WithNode:
			l.bake(n.List)
			l.bake(n.ElseList)
		}
	}
}

// counts reach every plural form that whole numbers have in any language.
var counts = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20, 21, 22, 23, 25, 100, 101, 102, 103, 1000, 1_000_000}

// try asks for the message as the page will.
func (l *tongue) try(u use) error {
	if u.plural {
		for _, n := range counts {
			if _, err := l.count(u.key, n); err != nil {
				return err
			}
		}
		return nil
	}
	var args []any
	for _, name := range u.args {
		args = append(args, name, name)
	}
	s, err := l.text(u.key, args...)
	if len(args) == 0 && err == nil {
		l.fixed[u.key] = s
	}
	return err
}

var strict = &i18ntemplate.TextParser{Option: "missingkey=error"}

func (l *tongue) localize(key string, data map[string]any, count any) (string, error) {
	if !l.known[key] {
		return "", fmt.Errorf("message %q is missing", key)
	}
	s, err := l.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count, TemplateParser: strict})
	if err != nil {
		return "", fmt.Errorf("message %q: %w", key, err)
	}
	if strings.TrimSpace(s) == "" {
		return "", fmt.Errorf("message %q is empty", key)
	}
	return s, nil
}

// text is the message, with arguments as name, value, name, value.
func (l *tongue) text(key string, args ...any) (string, error) {
	if s, ok := l.fixed[key]; ok && len(args) == 0 {
		return s, nil
	}
	data := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		data[fmt.Sprint(args[i])] = args[i+1]
	}
	return l.localize(key, data, nil)
}

// count is the message in the plural form of n.
func (l *tongue) count(key string, n any) (string, error) {
	return l.localize(key, map[string]any{"PluralCount": l.printer.Sprint(n)}, n)
}

// of is a message of one of the families, for a value that comes from the view.
func (l *tongue) of(family string, member ...string) (string, error) {
	return l.text(family + "." + strings.Join(member, "."))
}

// date is 2026-02-11 as people write it. What is no such day stands as it is.
func (l *tongue) date(iso string) (string, error) {
	d, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso, nil
	}
	month, err := l.of("month", fmt.Sprint(int(d.Month())))
	if err != nil {
		return "", err
	}
	return l.text("date", "Day", d.Day(), "Month", month, "Year", d.Year())
}

var hoursPart = regexp.MustCompile(`^([A-Za-z,-]+) (\d\d:\d\d)-(\d\d:\d\d)$`)

// hours puts a support line's hours, whose format is that of keys.Hours, into words. They stand on every page and are
// few, so they are kept.
func (l *tongue) hours(line supportLine) (string, error) {
	key := line.Hours + "|" + line.Zone
	if s, ok := l.spoken.Load(key); ok {
		return s.(string), nil
	}
	s, err := l.speak(line)
	if err == nil {
		l.spoken.Store(key, s)
	}
	return s, err
}

func (l *tongue) speak(line supportLine) (string, error) {
	zone := line.Zone[strings.LastIndex(line.Zone, "/")+1:]
	city, err := l.text("hours.zone", "City", strings.ReplaceAll(zone, "_", " "))
	if err != nil {
		return "", err
	}
	if line.Hours == "daily 00:00-24:00" {
		return l.text("hours.always")
	}
	parts := strings.Split(line.Hours, "; ")
	for i, p := range parts {
		m := hoursPart.FindStringSubmatch(p)
		if m == nil {
			continue // as it was written
		}
		days, err := l.days(m[1])
		if err != nil {
			return "", err
		}
		if parts[i], err = l.text("hours.part", "Days", days, "From", m[2], "To", m[3]); err != nil {
			return "", err
		}
	}
	return strings.Join(parts, "; ") + " " + city, nil
}

func (l *tongue) days(text string) (string, error) {
	if text == "daily" {
		return l.text("hours.daily")
	}
	items := strings.Split(text, ",")
	for i, item := range items {
		first, last, isRange := strings.Cut(item, "-")
		from, err := l.of("day", first)
		if err != nil {
			return "", err
		}
		items[i] = from
		if !isRange {
			continue
		}
		to, err := l.of("day", last)
		if err != nil {
			return "", err
		}
		if items[i], err = l.text("hours.range", "From", from, "To", to); err != nil {
			return "", err
		}
	}
	return strings.Join(items, ", "), nil
}

// ask is the question of a prompt: the operator's, or the catalogue's for its id.
func (l *tongue) ask(p promptView) (string, error) {
	if p.Question == "" && l.known["prompt."+p.ID] {
		return l.of("prompt", p.ID)
	}
	if p.Question == "" {
		return p.ID, nil
	}
	return p.Question, nil
}

func (l *tongue) funcs() template.FuncMap {
	return template.FuncMap{
		"lang": l.tag.String, "t": l.text, "tn": l.count, "of": l.of, "date": l.date, "hours": l.hours, "ask": l.ask, "size": l.size, "kind": l.kind,
		"number":    func(n int) string { return l.printer.Sprint(n) },
		"abouts":    func() []string { return dropbox.Abouts },
		"questions": func() []string { return commonQuestion },
		"field":     field, "forms": forms, "choices": choices, "groups": groups, "struck": struck, "newest": newest, "fresh": fresh, "news": news, "lost": lost,
		"maxFiles": func() int { return dropbox.MaxFiles },
		"kept":     kept, "public": public, "link": l.link, "switches": l.switches, "draft": l.draft, "foreign": l.foreign, "suggested": suggested, "signed": signed, "gone": gone, "tel": tel,
	}
}
