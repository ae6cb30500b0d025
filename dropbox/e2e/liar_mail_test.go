package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// mailed has the server hand out other mail than it has.
func (d *deceived) mailed(change func(honest []dropbox.MailEntry) []dropbox.MailEntry) {
	droptest.Twist(d.liar, "mail", func(a *dropbox.MailAnswer) {
		if len(a.Entries) > 0 {
			a.Entries = change(a.Entries)
		}
	})
}

// forged is a frame to alice that claims to be from somebody in her case, sealed by whoever holds the keys of a report by drop.
func (d *deceived) forged(claim, kind, text string) []byte {
	d.t.Helper()
	liar := d.woman()
	liar.Drop = d.her.Drop
	p := liar.seal(dropbox.Report, "A lie")
	if claim != dropbox.FromReporter {
		s := dropbox.Sender{ID: claim, Key: liar.ReaderKey(claim), SignIn: d.box.Advocates["carol"].Signin, Consent: liar.ReaderKey("x")}
		own, err := s.SealReply(dropbox.Frame{Box: d.her.Box, Drop: d.her.Drop, Day: dropbox.Today(time.Now()), Count: 1, Text: text},
			d.her.Recipient(), []dropbox.Reader{{ID: "alice", Recipient: d.recipient("alice")}})
		d.must(err)
		return own.To[0].Sealed
	}
	if kind != dropbox.Report {
		p = liar.seal(kind, text)
	}
	i := slices.IndexFunc(p.To, func(e dropbox.Envelope) bool { return e.Reader == "alice" })
	return p.To[i].Sealed
}

func entry(n int, envelope []byte) dropbox.MailEntry {
	return dropbox.MailEntry{Seq: uint64(n), ID: fmt.Sprintf("%032x", n), Via: dropbox.ViaParcel, Envelope: envelope}
}

// acknowledged are the ids of mail that alice said is safe with her.
func (d *deceived) acknowledged() (ids []string) {
	for _, a := range d.liar.Arrived("mail/ack") {
		ids = append(ids, decode[dropbox.AckRequest](d.t, string(a.Body)).IDs...)
	}
	return ids
}

// mailLie is what a server does to mail, and what an advocate's program says and shows.
type mailLie struct {
	name       string
	mail       func([]dropbox.MailEntry) []dropbox.MailEntry
	says       string   // to be said
	unreadable int      // pieces that do not open, or that nobody vouches for
	shows      []string // what the case holds besides the report
	lie        string   // what SECURITY.md admits, of a lie that is not noticed
}

// Mail that is forged, replayed, reordered, dropped, cut, or another's is either said or shown as what it is.
func TestLiarAdvocateMail(t *testing.T) {
	d := newDeceived(t)
	more := []string{"reporter: First more", "reporter: Then more", "reporter: "}
	add := func(envelope []byte) func([]dropbox.MailEntry) []dropbox.MailEntry {
		return func(m []dropbox.MailEntry) []dropbox.MailEntry { return append(m, entry(4711, envelope)) }
	}
	elsewhere := d.woman()
	elsewhere.Box = dropbox.BoxID{1}
	foreign := elsewhere.seal(dropbox.Report, "In another box").To[0].Sealed
	bobs, first := d.mail("bob"), d.mail("alice")[0].Envelope
	flipped := slices.Clone(d.mail("alice")[1].Envelope)
	flipped[len(flipped)-100] ^= 1

	for _, c := range []mailLie{
		{"a second report under a known drop", add(d.forged("reporter", dropbox.Report, "A lie")),
			"Somebody sent another report for this case. Only the first report is shown, and only its sender is believed.", 0, more, ""},
		{"a forged message", add(d.forged("reporter", dropbox.Message, "A lie")), "", 1, more, ""},
		{"a forged withdrawal", add(d.forged("reporter", dropbox.Withdrawn, "")), "", 1, more, ""},
		{"a colleague's forged reply", add(d.forged("bob", dropbox.Reply, "A lie")), "", 1, more, ""},
		{"a reply by somebody she struck off", add(d.forged("carol", dropbox.Reply, "A lie")), "", 1, more, ""},
		{"a message again under another number", func(m []dropbox.MailEntry) []dropbox.MailEntry { return append(m, entry(4711, m[0].Envelope)) }, "", 0, more, ""},
		{"the report again", add(first), "", 0, more, ""},
		{"another order", func(m []dropbox.MailEntry) []dropbox.MailEntry { slices.Reverse(m); return m }, "", 0, more, ""},
		{"one dropped", func(m []dropbox.MailEntry) []dropbox.MailEntry { return m[1:] }, "1 message by the reporter did not arrive here.", 0, more[1:], ""},
		{"the latest dropped", func(m []dropbox.MailEntry) []dropbox.MailEntry { return m[:2] }, "", 0, more[:2], "hold back the latest of what somebody wrote"},
		{"a colleague's mail", add(bobs[1].Envelope), "", 1, more, ""},
		{"a colleague's mail instead of hers", func([]dropbox.MailEntry) []dropbox.MailEntry { return bobs[1:] }, "", 3, nil, ""},
		{"a report to another box", add(foreign), "", 1, more, ""},
		{"one cut", func(m []dropbox.MailEntry) []dropbox.MailEntry {
			m[0].Envelope = m[0].Envelope[:5000]
			return m
		}, "1 message by the reporter did not arrive here.", 1, more[1:], ""},
		{"one changed", func(m []dropbox.MailEntry) []dropbox.MailEntry { m[0].Envelope = flipped; return m }, "1 message by the reporter did not arrive here.", 1, more[1:], ""},
		{"one said to come from a colleague", func(m []dropbox.MailEntry) []dropbox.MailEntry { m[0].Via = dropbox.ViaReply; return m },
			"1 message by the reporter did not arrive here.", 1, more[1:], "say of her mail that it came from a colleague"},
		{"nothing", func([]dropbox.MailEntry) []dropbox.MailEntry { return []dropbox.MailEntry{} }, "", 0, nil, "hold back the latest of what somebody wrote"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.t = t
			d.mailLie(c, 1+len(more))
		})
	}
	d.t = t
	d.admitted("mix the order of what different people wrote")

	made := d.woman()
	d.liar.Honest()
	d.mailed(add(made.seal(dropbox.Report, "Made up").To[0].Sealed))
	if in := decode[inbox](t, d.advocate(d.home("known"), "inbox").stdout); len(in.Cases) != 2 || in.Unreadable != 0 {
		t.Errorf("a made-up report: %+v", in)
	}
	d.admitted("make up reports, as anybody can")
	human := d.home("known")
	d.liar.Honest()
	d.mailed(add(foreign))
	s := d.run(nil, "advocate", "inbox", "-home", human, "-passphrase-file", d.path("pass"))
	if !strings.Contains(s.all(), "1 piece of mail could not be opened, or nobody vouches for it.") || !strings.Contains(s.all(), "ask your colleagues") {
		t.Errorf("of mail that does not open a person is told %q", s.stdout)
	}
}

// mailLie tells one lie; all is how many entries the case has when the server is honest again.
func (d *deceived) mailLie(c mailLie, all int) {
	t := d.t
	t.Helper()
	d.liar.Honest()
	d.mailed(c.mail)
	home := d.home("known")
	s := d.advocate(home, "inbox")
	in := decode[inbox](t, s.stdout)
	if s.code != 0 || in.Unreadable != c.unreadable || !strings.Contains(s.all(), c.says) || c.says == "" && strings.Contains(s.all(), "did not arrive") {
		t.Errorf("exit %d, %d unreadable; want %d and %q in %s", s.code, in.Unreadable, c.unreadable, c.says, s.all())
	}
	v := decode[caseView](t, d.advocate(home, "read", d.caseID).stdout)
	var shown []string
	for _, e := range v.Entries[1:] {
		shown = append(shown, e.From+": "+e.Text)
	}
	if len(in.Cases) != 1 || v.Account != herAccount || v.Withdrawn || !slices.Equal(shown, c.shows) {
		t.Errorf("%d cases, and of the known one %q, withdrawn %v; want %q", len(in.Cases), shown, v.Withdrawn, c.shows)
	}
	if wish := v.Wish; (wish == "complaint") != slices.Contains(c.shows, "reporter: ") {
		t.Errorf("she wants %q", wish)
	}
	if acked := d.acknowledged(); slices.Contains(acked, entry(4711, nil).ID) && c.unreadable > 0 {
		t.Error("what nobody vouches for was acknowledged")
	}
	if c.lie != "" {
		d.admitted(c.lie)
	}
	d.intact(home)
	if c.name == "one said to come from a colleague" {
		all-- // once suspect, it stays so
	}
	if in := decode[inbox](t, d.advocate(home, "inbox", "-again").stdout); in.Cases[0].Entries != all {
		t.Errorf("honest again, -again brings %d entries, want %d", in.Cases[0].Entries, all)
	}
}
