package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tellbox/dropbox"
)

// maxCommas bounds an answer's values before they are made: millions of empty ones would take a hundred times the memory of their
// text. Neither base64 nor padding has commas, and a roster's texts have few.
const maxCommas = 20_000

// read makes out of body what it says, and refuses what no honest server says. What is missing or null JSON would leave out in silence.
func read(body []byte, out any) error {
	if bytes.Count(body, []byte{','}) > maxCommas || json.Unmarshal(body, out) != nil {
		return fmt.Errorf("%w: not the JSON of this API", ErrAnswer)
	}
	if !whole(out) {
		return fmt.Errorf("%w: something is missing in it", ErrAnswer)
	}
	return nil
}

// whole says whether an answer has every part that an honest one has. What the parts say is for others to believe or not.
func whole(answer any) bool {
	switch a := answer.(type) {
	case *dropbox.RosterAnswer:
		return a.Roster != "" && a.Keyholders != ""
	case *dropbox.StoredAnswer:
		return a.Stored
	case *dropbox.BlobAnswer:
		return a.ID != dropbox.BlobID{} && a.Have >= 0
	case *dropbox.PickupAnswer: // where there is nothing, the answer is a refusal
		_, err := dropbox.ParseWeek(a.Ends)
		return err == nil && len(a.Lines) > 0 && len(a.Lines) <= dropbox.MaxLines
	case *dropbox.WithdrawAnswer:
		strange := func(id string) bool { return !dropbox.ValidID(id) }
		return a.Deleted != nil && a.Asked != nil && !slices.ContainsFunc(slices.Concat(a.Deleted, a.Asked), strange)
	case *dropbox.MailAnswer:
		strange := func(e dropbox.MailEntry) bool { return e.Via != dropbox.ViaParcel && e.Via != dropbox.ViaReply }
		return a.Entries != nil && (a.Next != "" || len(a.Entries) == 0) && !slices.ContainsFunc(a.Entries, strange)
	case *dropbox.PromptsAnswer:
		return a.Prompts != nil && len(a.Prompts) <= dropbox.MaxQuestions && !slices.ContainsFunc(a.Prompts, strangeQuestion)
	}
	return true
}

// sent refuses an answer that misses blobs which the parcel does not name. An older server says nothing of blobs.
func sent(a dropbox.StoredAnswer, p *dropbox.Parcel) error {
	if len(a.Missing) > len(p.Blobs) || slices.ContainsFunc(a.Missing, func(id dropbox.BlobID) bool { return !slices.Contains(p.Blobs, id) }) {
		return fmt.Errorf("%w: it misses files that were not sent", ErrAnswer)
	}
	return nil
}

// strangeQuestion says whether a question is none that somebody could be asked in one line.
func strangeQuestion(q dropbox.Question) bool {
	return !dropbox.ValidID(q.ID) || strings.TrimSpace(q.Question) == "" || utf8.RuneCountInString(q.Question) > dropbox.MaxQuestion ||
		strings.ContainsAny(q.Question, "\n\t") || dropbox.Clean(q.Question) != q.Question
}
