package web_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// program is a reporter's own program, as far as these tests need one.
type program struct {
	*world
	her *dropbox.Reporter
}

func (w *world) program() *program {
	her, err := dropbox.NewCode().Reporter(dropbox.BoxID(w.Set.Box))
	if err != nil {
		w.t.Fatal(err)
	}
	return &program{w, her}
}

func (p *program) parcel(f dropbox.Frame, to ...string) *dropbox.Parcel {
	p.t.Helper()
	var readers []dropbox.Reader
	for _, id := range to {
		r, ok := p.Roster.Reader(id)
		if !ok {
			p.t.Fatal(id)
		}
		readers = append(readers, dropbox.Reader{ID: id, Recipient: r.Recipient})
	}
	f.Day, f.Roster = "2026-02-11", p.Roster.Version
	if f.Kind == dropbox.Report {
		f.About, f.Wish, f.Readers = "me", "advice", to
	}
	var c *dropbox.Conversation
	if f.Kind != dropbox.Report {
		c = &dropbox.Conversation{Readers: to}
	}
	parcel, err := p.her.Seal(f, readers, c, []string{"alice", "bob", "carol", "irene", "jan"})
	if err != nil {
		p.t.Fatal(err)
	}
	parcel.Sending, parcel.Keep = newSending(), 2
	if f.Kind == dropbox.Withdrawn {
		parcel.Keep = 0
	}
	return parcel
}

// deliver sends a parcel to a route and returns status, token and body.
func (w *world) deliver(route string, parcel *dropbox.Parcel) (int, string, []byte) {
	w.t.Helper()
	var b bytes.Buffer
	mw := multipart.NewWriter(&b)
	if err := parcel.WriteMultipart(mw, []string{"alice", "bob", "carol"}); err != nil {
		w.t.Fatal(err)
	}
	return w.raw(route, mw.FormDataContentType(), b.Bytes())
}

func (w *world) raw(route, kind string, body []byte) (int, string, []byte) {
	w.t.Helper()
	resp := must[*http.Response](w.t)(http.Post(w.URL+dropbox.API+route, kind, bytes.NewReader(body)))
	defer resp.Body.Close()
	var answer bytes.Buffer
	answer.ReadFrom(resp.Body)
	var e dropbox.APIError
	json.Unmarshal(answer.Bytes(), &e)
	if resp.StatusCode != 200 && (e.Token == "" || e.Message == "" || e.Time != w.clock.Now().Unix()) {
		w.t.Errorf("%s: status %d with %q", route, resp.StatusCode, answer.String())
	}
	return resp.StatusCode, e.Token, answer.Bytes()
}

func (p *program) pickup() (*dropbox.Conversation, int) {
	p.t.Helper()
	status, _, body := p.raw("pickup", "application/x-www-form-urlencoded", []byte(url.Values{"locator": {p.her.Locator.String()}}.Encode()))
	var answer dropbox.PickupAnswer
	if status == 200 {
		if err := json.Unmarshal(body, &answer); err != nil || len(body) != dropbox.PickupSize(len(body)) {
			p.t.Fatalf("pickup of %d bytes: %v", len(body), err)
		}
	}
	return p.her.Fold(answer.Lines), status
}

func TestProgramJourney(t *testing.T) {
	w := newWorld(t)
	p := w.program()
	report := p.parcel(dropbox.Frame{Kind: dropbox.Report, Text: "from a program"}, "alice", "bob")
	if status, token, _ := w.deliver("parcel", report); status != 200 {
		t.Fatal(status, token)
	}
	var again dropbox.StoredAnswer
	if status, _, body := w.deliver("parcel", report); status != 200 || json.Unmarshal(body, &again) != nil || !again.Again || !again.Stored {
		t.Errorf("the same parcel again: %d %s", status, body)
	}
	frames := must[[]*dropbox.Frame](t)(w.Reports("alice"))
	if len(frames) != 1 || frames[0].Text != "from a program" {
		t.Fatalf("alice read %+v", frames)
	}
	reply := must[*dropbox.Parcel](t)(w.SealReply("alice", frames[0], 1, "an answer"))
	if status, body := w.signedParcel("alice", reply); status != 200 {
		t.Fatalf("reply: %d %s", status, body)
	}
	if c, status := p.pickup(); status != 200 || len(c.Entries) != 2 || c.Entries[1].Text != "an answer" || c.Unread != 0 {
		t.Errorf("pickup: %d %+v", status, c)
	}
	if mail := must[[]dropbox.MailEntry](t)(w.Mail("bob")); len(mail) != 2 {
		t.Errorf("bob has %d envelopes", len(mail))
	}
	if status, _, _ := w.deliver("parcel", p.parcel(dropbox.Frame{Kind: dropbox.Message, Text: "more"}, "alice", "bob")); status != 200 {
		t.Error("message", status)
	}
	withdrawal := p.parcel(dropbox.Frame{Kind: dropbox.Withdrawn}, "alice", "bob")
	status, _, body := w.deliver("withdraw", withdrawal)
	if want := `{"deleted":[],"asked":["alice","bob"]}`; status != 200 || strings.TrimSpace(string(body)) != want {
		t.Errorf("withdraw: %d %s, want %s", status, body, want)
	}
	if status, token, _ := w.deliver("withdraw", withdrawal); status != 410 || token != "used-ticket" {
		t.Errorf("withdraw again: %d %s", status, token)
	}
	if status, token, _ := w.deliver("parcel", report); status != 410 || token != "used-ticket" {
		t.Errorf("the report after withdrawal: %d %s", status, token)
	}
	if _, status := p.pickup(); status != 404 {
		t.Errorf("pickup after withdrawal: %d", status)
	}
	if status, body := w.signedParcel("bob", must[*dropbox.Parcel](t)(w.SealReply("bob", frames[0], 1, "too late"))); status != 404 {
		t.Errorf("a reply after withdrawal: %d %s", status, body)
	}
}

func (w *world) signedParcel(id string, p *dropbox.Parcel) (int, []byte) {
	w.t.Helper()
	var b bytes.Buffer
	mw := multipart.NewWriter(&b)
	if err := p.WriteMultipart(mw, nil); err != nil {
		w.t.Fatal(err)
	}
	status, body, err := w.Request(id, "POST", dropbox.API+"reply", mw.FormDataContentType(), b.Bytes(), w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return status, body
}

func TestParcelRefusals(t *testing.T) {
	w := newWorld(t)
	p := w.program()
	fresh := func() *dropbox.Parcel {
		return p.parcel(dropbox.Frame{Kind: dropbox.Report, Text: "x"}, "alice", "bob")
	}
	for name, c := range map[string]struct {
		change func(*dropbox.Parcel)
		status int
		token  string
	}{
		"to an investigator":   {func(p *dropbox.Parcel) { p.To[0].Reader = "irene" }, 422, "readers-changed"},
		"to nobody we know":    {func(p *dropbox.Parcel) { p.To[0].Reader = "mallory" }, 422, "readers-changed"},
		"another roster":       {func(p *dropbox.Parcel) { p.Roster = 1 }, 422, "readers-changed"},
		"no line":              {func(p *dropbox.Parcel) { p.Line = nil }, 400, "malformed"},
		"a reply's address":    {func(p *dropbox.Parcel) { p.Locator = dropbox.Locator{} }, 400, "malformed"},
		"plaintext":            {func(p *dropbox.Parcel) { p.To[0].Sealed = bytes.Repeat([]byte("a"), len(p.Line)) }, 400, "malformed"},
		"an odd length":        {func(p *dropbox.Parcel) { p.To[0].Sealed = append(p.To[0].Sealed, 1) }, 400, "malformed"},
		"two envelopes to one": {func(p *dropbox.Parcel) { p.To[1].Reader = "alice" }, 400, "malformed"},
	} {
		parcel := fresh()
		c.change(parcel)
		if status, token, _ := w.deliver("parcel", parcel); status != c.status || token != c.token {
			t.Errorf("%s: %d %s, want %d %s", name, status, token, c.status, c.token)
		}
	}
	for _, route := range []string{"parcel", "withdraw", "pickup"} {
		for _, c := range [][2]string{{"", ""}, {"multipart/form-data", "x"}, {"multipart/form-data; boundary=b", "--b\r\n"}, {"application/json", "{}"}, {"application/x-www-form-urlencoded", "locator=zz"}} {
			if status, token, _ := w.raw(route, c[0], []byte(c[1])); status != 400 || token != "malformed" {
				t.Errorf("%s with %q: %d %s", route, c, status, token)
			}
		}
		if status, token, _ := w.raw(route, "multipart/form-data; boundary=b", make([]byte, 12<<20)); status != 413 || token != "too-large" {
			t.Errorf("%s with 12 MiB: %d %s", route, status, token)
		}
	}
	if _, status := p.pickup(); status != 404 {
		t.Errorf("pickup of nothing: %d", status)
	}
	w.clock.Add(51 * 24 * time.Hour)
	if status, token, _ := w.deliver("parcel", fresh()); status != 503 || token != "roster-expired" {
		t.Errorf("expired roster: %d %s", status, token)
	}
	if got := must[[]dropbox.MailEntry](t)(w.Mail("alice")); len(got) != 0 {
		t.Errorf("alice has %d", len(got))
	}
}

func TestAdvocateSignatures(t *testing.T) {
	w := newWorld(t)
	w.report("x")
	uri, now := dropbox.API+"mail?limit=5", w.clock.Now()
	box := dropbox.BoxID(w.Set.Box)
	sign := func(id, with, method, uri string, body string, at time.Time, box dropbox.BoxID) string {
		return dropbox.SignRequest(id, w.Advocates[with].Signin, method, uri, []byte(body), at, box)
	}
	for name, c := range map[string]struct {
		header string
		status int
	}{
		"good":               {sign("alice", "alice", "GET", uri, "", now, box), 200},
		"four minutes early": {sign("alice", "alice", "GET", uri, "", now.Add(4*time.Minute), box), 200},
		"none":               {"", 401},
		"junk":               {"Tellbox id=alice,time=1,sig=00", 401},
		"stale":              {sign("alice", "alice", "GET", uri, "", now.Add(-6*time.Minute), box), 401},
		"early":              {sign("alice", "alice", "GET", uri, "", now.Add(6*time.Minute), box), 401},
		"bob as alice":       {sign("alice", "bob", "GET", uri, "", now, box), 401},
		"another method":     {sign("alice", "alice", "POST", uri, "", now, box), 401},
		"another query":      {sign("alice", "alice", "GET", dropbox.API+"mail?limit=6", "", now, box), 401},
		"another body":       {sign("alice", "alice", "GET", uri, "x", now, box), 401},
		"another box":        {sign("alice", "alice", "GET", uri, "", now, dropbox.BoxID{1}), 401},
		"nobody":             {sign("mallory", "alice", "GET", uri, "", now, box), 401},
		"an investigator":    {sign("irene", "irene", "GET", uri, "", now, box), 401},
	} {
		r := must[*http.Request](t)(http.NewRequest("GET", w.URL+uri, nil))
		r.Header.Set("Authorization", c.header)
		p := must[*droptest.Page](t)(w.Do(r))
		if p.Status != c.status {
			t.Errorf("%s: status %d, want %d", name, p.Status, c.status)
		}
		if c.status == 401 && (!strings.Contains(p.Body, `"error":"signature"`) || !strings.Contains(p.Body, `"time":1770811200`)) {
			t.Errorf("%s: %s", name, p.Body)
		}
	}
}

// A replayed request changes nothing.
func TestReplays(t *testing.T) {
	w := newWorld(t)
	words := w.report("x")
	frames := must[[]*dropbox.Frame](t)(w.Reports("alice"))
	reply := must[*dropbox.Parcel](t)(w.SealReply("alice", frames[0], 1, "once"))
	for range 3 {
		if status, body := w.signedParcel("alice", reply); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	if e := w.check(words).Entries(); len(e) != 2 {
		t.Errorf("the reply stands there %d times", len(e)-1)
	}
	mail := must[[]dropbox.MailEntry](t)(w.Mail("alice"))
	ack, _ := json.Marshal(dropbox.AckRequest{IDs: []string{mail[0].ID}})
	for range 2 {
		if status, body, err := w.Request("alice", "POST", dropbox.API+"mail/ack", "application/json", ack, w.clock.Now()); status != 200 || err != nil {
			t.Errorf("ack: %d %s %v", status, body, err)
		}
	}
	for _, want := range []int{200, 404} {
		if status, _, _ := w.Request("alice", "DELETE", dropbox.API+"mail/"+mail[0].ID, "", nil, w.clock.Now()); status != want {
			t.Errorf("delete: %d, want %d", status, want)
		}
	}
	// Nobody deletes or acknowledges in another's mailbox.
	bobs := must[[]dropbox.MailEntry](t)(w.Mail("bob"))
	if status, _, _ := w.Request("alice", "DELETE", dropbox.API+"mail/"+bobs[0].ID, "", nil, w.clock.Now()); status != 404 {
		t.Errorf("alice deleted bob's mail: %d", status)
	}
	if got := must[[]dropbox.MailEntry](t)(w.Mail("bob")); !slices.EqualFunc(got, bobs, func(a, b dropbox.MailEntry) bool { return a.ID == b.ID }) {
		t.Error("bob's mailbox changed")
	}
	// A reply may not address its sender, carry a locator, or be sealed to somebody outside the roster.
	bad := must[*dropbox.Parcel](t)(w.SealReply("alice", frames[0], 2, "bad"))
	bad.To[0].Reader = "alice"
	if status, _ := w.signedParcel("alice", bad); status != 400 {
		t.Errorf("a reply to oneself: %d", status)
	}
	bad.To[0].Reader = "irene"
	if status, _ := w.signedParcel("alice", bad); status != 422 {
		t.Errorf("a reply to an investigator: %d", status)
	}
}

func newSending() (n dropbox.Sending) {
	rand.Read(n[:])
	return n
}

// What is stored has an answer, even if the roster changed before the same bytes come again.
func TestResendAfterRosterChange(t *testing.T) {
	w := newWorld(t)
	words := w.report("x")
	frames := must[[]*dropbox.Frame](t)(w.Reports("alice"))
	reply := must[*dropbox.Parcel](t)(w.SealReply("alice", frames[0], 1, "once"))
	p := w.program()
	report := p.parcel(dropbox.Frame{Kind: dropbox.Report, Text: "y"}, "alice", "bob")
	if status, body := w.signedParcel("alice", reply); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if status, token, _ := w.deliver("parcel", report); status != 200 {
		t.Fatal(status, token)
	}
	if err := w.Roster.Remove("bob", w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, body := w.signedParcel("alice", reply); status != 200 || !strings.Contains(string(body), `"again":true`) {
		t.Errorf("the reply again: %d %s", status, body)
	}
	if status, _, body := w.deliver("parcel", report); status != 200 || !strings.Contains(string(body), `"again":true`) {
		t.Errorf("the report again: %d %s", status, body)
	}
	if e := w.check(words).Entries(); len(e) != 2 {
		t.Errorf("entries %+v", e)
	}
}

// Bob, a dishonest reader, sends Alice something in a reply that poses as a report: the server says how it came.
func TestMailSaysHowItCame(t *testing.T) {
	w := newWorld(t)
	w.report("x")
	frames := must[[]*dropbox.Frame](t)(w.Reports("bob"))
	if status, body := w.signedParcel("bob", must[*dropbox.Parcel](t)(w.SealReply("bob", frames[0], 1, "y"))); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if mail := must[[]dropbox.MailEntry](t)(w.Mail("alice")); len(mail) != 2 || mail[0].Via != dropbox.ViaParcel || mail[1].Via != dropbox.ViaReply {
		t.Errorf("%d entries", len(mail))
	}
}

// One reader cannot fill her box so that she cannot write to another.
func TestAReaderCannotSilenceHer(t *testing.T) {
	w := newWorld(t, func(o *droptest.Options) { o.Store.BoxLines = 8 })
	words := w.report("x")
	frames := must[[]*dropbox.Frame](t)(w.Reports("bob"))
	full := false
	for i := range 10 {
		p := must[*dropbox.Parcel](t)(w.SealReply("bob", frames[0], i+1, "noise"))
		p.To = nil
		p.SetDigest()
		if status, _ := w.signedParcel("bob", p); status == 503 {
			full = true
			break
		}
	}
	if !full {
		t.Fatal("bob was never stopped")
	}
	w.expect(w.press(w.check(words), "/message", "text", "to alice"), 200, "conversation", "")
}

// Nobody gets mail by the withdrawal of a report that he was never sent.
func TestWithdrawalReachesReadersOnly(t *testing.T) {
	w := newWorld(t)
	p := w.program()
	if status, token, _ := w.deliver("parcel", p.parcel(dropbox.Frame{Kind: dropbox.Report, Text: "x"}, "carol")); status != 200 {
		t.Fatal(status, token)
	}
	large := p.parcel(dropbox.Frame{Kind: dropbox.Withdrawn}, "carol")
	large.To = p.parcel(dropbox.Frame{Kind: dropbox.Message, Text: strings.Repeat("x", 50_000)}, "carol").To
	if status, token, _ := w.deliver("withdraw", large); status != 400 {
		t.Errorf("a large frame: %d %s", status, token)
	}
	status, _, body := w.deliver("withdraw", p.parcel(dropbox.Frame{Kind: dropbox.Withdrawn}, "alice", "bob", "carol"))
	if status != 200 || strings.TrimSpace(string(body)) != `{"deleted":["carol"],"asked":[]}` {
		t.Errorf("%d %s", status, body)
	}
	if a, c := must[[]dropbox.MailEntry](t)(w.Mail("alice")), must[[]dropbox.MailEntry](t)(w.Mail("carol")); len(a) != 0 || len(c) != 1 {
		t.Errorf("alice has %d entries, carol %d", len(a), len(c))
	}
}
