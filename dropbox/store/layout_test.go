package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/store/storetest"
)

// TestLargest: the largest parcel, and the withdrawal of the fullest box, fit one transaction of badger's.
func TestLargest(t *testing.T) {
	s := newStore(t)
	var readers []string
	for i := range 9 {
		readers = append(readers, fmt.Sprint("reader-", i))
	}
	p := storetest.Parcel(readers...)
	p.Line = storetest.Envelope(dropbox.Buckets[3])
	for i := range p.To {
		p.To[i].Sealed = storetest.Envelope(dropbox.Buckets[3])
	}
	if n := parcelBytes(p); n > batchBytes {
		t.Errorf("the largest parcel has %d bytes, a batch %d", n, batchBytes)
	}
	if _, err := s.Put(t.Context(), p, true); err != nil {
		t.Fatal(err)
	}

	fullest := storetest.Parcel(readers...)
	box := s.box(fullest.Drop)
	for done := 0; done < maxBoxMails; done += maxBoxMails / 10 { // with small things: only their number counts
		err := s.write(t.Context(), batchBytes, 0, func(x tx) error {
			for i := range maxBoxMails / 10 {
				if err := s.deliver(x, box, s.mailbox(readers[i%9]), []byte("envelope"), false); err != nil {
					return err
				}
			}
			for i := range maxBoxLines / 10 {
				at, err := x.keep([]byte("line"))
				if err == nil {
					err = x.set(lineKey(box, uint64(done*maxBoxLines/maxBoxMails+i)), at.append(nil))
				}
				if err != nil {
					return err
				}
			}
			for range maxBoxBlob / 10 {
				name := hash(storetest.Random())
				if err := errors.Join(x.set(blobKey(name), blobRecord{box: box, size: 1}.encode()), x.set(fileKey(box, name), nil)); err != nil {
					return err
				}
			}
			b := boxRecord{whole: true, week: "2099-W01", lines: maxBoxLines, mails: maxBoxMails}
			return x.set(boxKey(box), b.encode())
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Put(t.Context(), storetest.More(fullest, readers...), false); !errors.Is(err, dropbox.ErrFull) {
		t.Errorf("one more: got %v, want %v", err, dropbox.ErrFull)
	}
	w := storetest.Withdrawal(fullest, readers...)
	w.To = w.To[:1]
	erased, err := s.Withdraw(t.Context(), w)
	if err != nil || len(erased.Deleted) != 1 {
		t.Fatalf("got %v, %v", erased, err)
	}
	st, err := s.Status(t.Context(), readers)
	if err != nil || st.Mailboxes[0].Entries != 2 || st.Mailboxes[8].Entries != 1 {
		t.Errorf("got %+v, %v; want the report, and one frame", st.Mailboxes, err)
	}
	if n := len(keysWith(t, s, string(box[:]))); n != 2 {
		t.Errorf("got %d keys of the box, want its record and its one piece of mail", n)
	}
}

// keysWith are all keys that contain part.
func keysWith(t *testing.T, s *Store, part string) (keys []string) {
	t.Helper()
	err := s.read(func(x tx) error {
		return x.each(nil, nil, false, func(key, _ []byte) (bool, error) {
			if strings.Contains(string(key), part) {
				keys = append(keys, string(key))
			}
			return true, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestNothingLeft: when all mail is deleted and all is taken back, what stays are tombstones and counts.
func TestNothingLeft(t *testing.T) {
	s := newStore(t)
	p := storetest.Parcel("alice", "bob")
	if _, err := s.Put(t.Context(), p, true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reply(t.Context(), "alice", storetest.Answer(p, "bob")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Withdraw(t.Context(), storetest.Withdrawal(p, "alice", "bob")); err != nil {
		t.Fatal(err)
	}
	for _, reader := range []string{"alice", "bob"} {
		mail, _, err := s.Mail(t.Context(), reader, "", 10)
		if err != nil || len(mail) != 1 {
			t.Fatalf("got %d entries, %v; want the frame", len(mail), err)
		}
		if found, err := s.Delete(t.Context(), reader, mail[0].ID); !found || err != nil {
			t.Fatalf("got %v, %v", found, err)
		}
	}
	got := map[string]int{}
	for _, key := range keysWith(t, s, "") {
		kind, _, _ := strings.Cut(key, "/")
		got[kind]++
	}
	want := map[string]int{"roster": 1, "check": 1, "commits": 1, "erasures": 1, "box": 1, "hand": 2, "epoch": 2, "sent": 3, "segment": 1, "wipe": 1}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, reader := range []string{"alice", "bob"} {
		if err := s.read(func(x tx) error {
			head, ok, err := load(x, headKey(s.mailbox(reader)), decodeHead)
			if !ok || head.entries != 0 || head.bytes != 0 {
				t.Errorf("mailbox of %s: got %+v", reader, head)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}
