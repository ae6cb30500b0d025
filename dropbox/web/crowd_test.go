package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
)

// crowd is a roster like that of a large party: 40 adjudicators, 15 investigators, 6 advocates and an ombudsperson, with names,
// organisations and ids as long as they get.
func crowd(o *droptest.Options) {
	add := func(n int, role keys.Role) {
		for i := range n {
			id := fmt.Sprintf("%s-of-some-long-place-%02d", role[:8], i)
			o.People = append(o.People, droptest.Person{ID: id, Name: fmt.Sprintf("Wilhelmina Featherstonehaugh-Llanfairpwll %d", i),
				Org: "National Federation of Independent Panels, Northern Region", Role: role, Statement: "sits on no party committee"})
		}
	}
	add(40, keys.Adjudicator)
	add(15, keys.Investigator)
	add(6, keys.Advocate)
	add(1, keys.Ombudsperson)
}

func gzipped(t *testing.T, body string) int {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	must[int](t)(z.Write([]byte(body)))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// ticked are the ids struck off on a form, and opened the lists that are unfolded.
func ticked(p *droptest.Page) (ids []string, opened int) {
	for n := range p.ByID("main").Descendants() {
		switch {
		case n.Data == "input" && droptest.Attr(n, "name") == "exclude" && droptest.HasAttr(n, "checked"):
			ids = append(ids, droptest.Attr(n, "value"))
		case n.Data == "details" && droptest.HasAttr(n, "open") && strings.Contains(droptest.Text(n), "Wilhelmina"):
			opened++
		}
	}
	return ids, opened
}

// chosen divides a crowd: half of those who receive nothing and two advocates are struck off, four advocates read.
func chosen(roster *keys.Roster) (readers, struckOff []string) {
	for i, p := range roster.Readers {
		switch {
		case p.Role == keys.Advocate && len(readers) < 4:
			readers = append(readers, p.ID)
		case p.Role == keys.Advocate, p.Role != keys.Ombudsperson && i%2 == 0:
			struckOff = append(struckOff, p.ID)
		}
	}
	slices.Sort(struckOff)
	return readers, struckOff
}

// On a small phone the many who receive nothing are folded away, and do not stand between her and the form; whom she ticked is
// in sight again after a mistake. The pages stay small.
func TestCrowdOnPages(t *testing.T) {
	began := time.Now()
	w := newWorld(t, crowd)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("keys for %d people took %s", len(w.Roster.Readers), took)
	}
	page := w.press(w.get("/"), "/report")
	w.expect(page, 200, "form", "")
	folded := 0
	for n := range page.ByID("main").Descendants() {
		if n.Type == html.ElementNode && droptest.Attr(n, "name") == "exclude" && n.Parent.Parent.Parent.Data == "details" {
			folded++
		}
	}
	f := w.form(page, "/report/send")
	if ids, opened := ticked(page); folded != 55 || len(f.Values["shown"]) != 62 || len(ids) != 0 || opened != 0 {
		t.Fatalf("of %d people shown %d are folded away, want 55 of 62; ticked %q, %d lists are open", len(f.Values["shown"]), folded, ids, opened)
	}
	for _, p := range []*droptest.Page{page, w.get("/"), w.get("/readers")} {
		size, packed := len(p.Body), gzipped(t, p.Body)
		t.Logf("page %s: %d bytes, %d gzipped", p.Name(), size, packed)
		if size > 64<<10 || packed > 12<<10 {
			t.Errorf("page %s has %d bytes, %d gzipped", p.Name(), size, packed)
		}
	}
	_, struckOff := chosen(w.Roster)
	f.Values["exclude"] = struckOff
	again := w.send(f.With("account", ""))
	w.expect(again, 422, "form", "empty-account")
	if ids, opened := ticked(again); !slices.Equal(slices.Sorted(slices.Values(ids)), struckOff) || opened != 2 {
		t.Errorf("after a mistake %d of %d are ticked, and %d lists are open, want 2", len(ids), len(struckOff), opened)
	}
}

// From the form to the words: whom she strikes off travels inside the envelopes, and their length does not tell that she did.
func TestCrowdReport(t *testing.T) {
	w := newWorld(t, crowd)
	readers, struckOff := chosen(w.Roster)
	f := w.blank().With("account", "What happened")
	f.Values["exclude"] = struckOff
	code := w.send(f)
	w.expect(code, 200, "code", "")
	plain := w.report("Another one")
	for _, id := range readers {
		mail := must[[]dropbox.MailEntry](t)(w.Mail(id))
		reports := must[[]*dropbox.Frame](t)(w.Reports(id))
		if len(reports) != 2 || !slices.Equal(reports[0].StruckOff, struckOff) || !slices.Equal(reports[0].Readers, readers) {
			t.Fatalf("%s got %d reports; the list of those struck off did not come with it", id, len(reports))
		}
		if a, b := len(mail[0].Envelope), len(mail[1].Envelope); a != b {
			t.Errorf("one envelope has %d bytes, the other %d: its length tells that many were struck off", a, b)
		}
	}
	for _, p := range w.Roster.Readers {
		switch {
		case p.Role == keys.Adjudicator || p.Role == keys.Investigator:
			if status, _, err := w.Request(p.ID, "GET", dropbox.API+"mail?limit=100&after=", "", nil, w.clock.Now()); err != nil || status == http.StatusOK {
				t.Errorf("%s has a mailbox: status %d, %v", p.ID, status, err)
			}
		case p.Role == keys.Ombudsperson:
			if got := w.reports(p.ID); len(got) != 0 {
				t.Errorf("the ombudsperson got %q", got)
			}
		case slices.Contains(struckOff, p.ID):
			if got := w.reports(p.ID); !slices.Equal(got, []string{"Another one"}) {
				t.Errorf("%s, who was struck off from one of two, got %q", p.ID, got)
			}
		}
	}
	for _, words := range []string{code.Words(), plain} {
		w.expect(w.check(words), 200, "conversation", "")
	}
}

// The longest account fits the limits of a form together with everybody else struck off, in both ways a browser may send it.
func TestCrowdAndLongestAccount(t *testing.T) {
	w := newWorld(t, crowd)
	reader := w.Roster.Advocates()[0].ID
	var all []string
	for _, p := range w.Roster.Readers {
		if p.ID != reader {
			all = append(all, p.ID)
		}
	}
	slices.Sort(all)
	account := strings.Repeat("𐌰", dropbox.MaxText)
	f := w.blank().With("account", account)
	f.Values["exclude"] = all
	w.expect(w.send(f), 200, "code", "")
	f = w.blank().With("account", account)
	f.Values["exclude"] = all
	r := must[*http.Request](t)(http.NewRequest("POST", w.URL+"/report/send", strings.NewReader(f.Encode())))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.expect(must[*droptest.Page](t)(w.Do(r)), 200, "code", "")
	reports := must[[]*dropbox.Frame](t)(w.Reports(reader))
	if len(reports) != 2 {
		t.Fatalf("%s got %d reports, want 2", reader, len(reports))
	}
	for _, f := range reports {
		if f.Text != account || !slices.Equal(f.StruckOff, all) || len(all) != 61 {
			t.Errorf("%d of %d bytes came, and %d of %d struck off", len(f.Text), len(account), len(f.StruckOff), len(all))
		}
	}
}
