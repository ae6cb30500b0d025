package window

import (
	"html/template"
	"strings"
)

// fields are those that a problem is about, wherever it comes up.
var fields = map[string]string{
	"passphrase": "passphrase", "no-passphrase": "passphrase", "twice": "passphrase", "card": "id", "server-address": "server", "http-address": "server", "onion-address": "proxy",
	"proxy-address": "proxy", "no-words": "words", "no-path": "path", "exists": "path", "inside": "path", "quarters": "from", "names": "reply",
}

// field is the one that a problem with a form is about, or "".
func field(token, path, do string) string {
	id := fields[token]
	switch written := token == "empty-text" || token == "too-long" || token == "code-in-text"; {
	case strings.HasSuffix(path, "/recover") && (id == "passphrase" || token == "slip" || token == "sheet"):
		return map[bool]string{true: "new-passphrase", false: "lines"}[id == "passphrase"]
	case strings.HasSuffix(path, "/restore") && id == "passphrase":
		return "old"
	case strings.HasSuffix(path, "/work") && (written || token == "no-reason" || token == "names"):
		return "text-" + do
	case written && strings.HasSuffix(path, "/reply"):
		return "reply"
	case written && strings.HasSuffix(path, "/note"):
		return "note"
	case (path == "/join" || path == "/join/confirm") && (token == "malformed" || token == "no-file"):
		return "chain"
	}
	return id
}

// describe names a field, and says what describes it: hints that are there, and the problem if it is about this field.
func describe(p *problem, id string, hints ...string) template.HTMLAttr {
	said := ` id="` + id + `"`
	if p != nil && p.Field == id {
		hints = append([]string{"error"}, hints...)
		said += ` aria-invalid="true"`
	}
	if len(hints) > 0 {
		said += ` aria-describedby="` + strings.Join(hints, " ") + `"`
	}
	return template.HTMLAttr(said) // ids are ours
}
