package dropbox

import "strings"

// A record is what she keeps for herself alone: a report with the wish Record, which is her own line and nothing else. She may add to
// it with messages, which are her own lines too. If she shares it later, each reader gets one report, of the day she shared it, since
// from that day his clock runs; and her own Share line says so.

// Record is the wish of a report that goes to nobody: her own line is all there is of it. Of what readers have, it means that they
// keep it and do nothing.
const Record = "record"

// IsRecord says whether nobody but her has any of this, as far as her lines show: whether that is sure, Alone says. A server that
// holds back her newest line can make what she shared look like a record again, until somebody answers or she writes.
func (c *Conversation) IsRecord() bool {
	return c.Written != "" && c.Sent == "" && len(c.Readers) == 0
}

// Alone says whether it is sure, as far as an honest server can know, that nobody else has this record. Who shared it after a backup
// that was restored, or whose newest line the disk has damaged, must not be told so.
func (c *Conversation) Alone() bool {
	return c.IsRecord() && !c.Lost && c.Unread == 0 && c.Whole
}

// Account is all that stands in a record, as its readers will get it: every piece after the day she wrote it.
//
//	2026-02-11
//	What she wrote
//
//	2026-03-01
//	What she added
//
// The answers to the form's questions are those of the record's first day.
func (c *Conversation) Account() (text string, prompts []Prompt) {
	var pieces []string
	for _, f := range c.Entries {
		if f.From == FromReporter && (f.Kind == Report || f.Kind == Message) {
			pieces = append(pieces, f.Day+"\n"+f.Text)
			prompts = append(prompts, f.Prompt...)
		}
	}
	return strings.Join(pieces, "\n\n"), prompts
}

// Files are all that stand in a record.
func (c *Conversation) Files() (files []File) {
	for _, f := range c.Entries {
		if f.From == FromReporter {
			files = append(files, f.Files...)
		}
	}
	return files
}

// Room is how many code points can be added to a record at once, or begin one: all of it has to fit one report when it is shared.
func (c *Conversation) Room() int {
	text, prompts := c.Account()
	f, day := Frame{Text: text, Prompt: prompts}, len("2026-03-01\n")
	if text != "" {
		day += len("\n\n")
	}
	return max(0, MaxText-f.Length()-day)
}

// sharedWith is the conversation with those who are about to get it.
func (c *Conversation) sharedWith(readers, struckOff []string) *Conversation {
	with := *c
	with.Readers, with.StruckOff = readers, struckOff
	return &with
}
