package main

import "regexp"

// flagsOf are the flags of each verb beside those about the drop-box.
var flagsOf = map[string][]string{
	"send":     {"text", "wish", "exclude", "report", "files"},
	"check":    {"code"},
	"files":    {"code", "save"},
	"message":  {"code", "text", "record", "files"},
	"wish":     {"code", "wish"},
	"share":    {"code", "wish", "exclude"},
	"withdraw": {"code", "yes"},
}

func (c *call) declare(group string) {
	f := c.flags
	switch group {
	case "code":
		f.StringVar(&c.codeFile, "code-file", "", "")
	case "text":
		f.StringVar(&c.textFile, "text-file", "", "")
		f.BoolVar(&c.editor, "editor", false, "")
	case "wish":
		f.StringVar(&c.choice, "wish", "", "")
	case "exclude":
		f.Var(&c.exclude, "exclude", "")
	case "report":
		f.StringVar(&c.about, "about", "", "")
		f.StringVar(&c.answers, "answers", "", "")
		f.BoolVar(&c.copy, "copy", false, "")
	case "files":
		f.Var(&c.paths, "file", "")
		f.BoolVar(&c.original, "original", false, "")
	case "save":
		f.Var(&c.save, "save", "")
		f.StringVar(&c.folder, "out", "", "")
	case "yes":
		f.BoolVar(&c.sure, "yes", false, "")
	case "record":
		f.BoolVar(&c.onlyRecord, "record", false, "") // refuse if it is none any more
	}
}

var takesNot = regexp.MustCompile(`^(?s:invalid .* for (?:flag )?|flag needs an argument: )-([a-z-]{1,20})(?:: [a-z ]+)?$`)

// valueless is what package flag has to say, without what was given: that may be the words or the text, by a slip.
func valueless(err error) string {
	if m := takesNot.FindStringSubmatch(err.Error()); m != nil {
		return "-" + m[1] + " does not take this value, or has none"
	}
	return "there is a flag that this verb does not have"
}
