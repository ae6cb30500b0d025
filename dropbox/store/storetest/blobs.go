package storetest

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"time"

	"tellbox/dropbox"
)

// Blob makes bytes of the shape of a blob of a file of n bytes: random, and nobody can open them.
func Blob(n int64) (dropbox.BlobID, []byte) {
	b := make([]byte, dropbox.BlobSize(n))
	rand.Read(b)
	copy(b, Envelope(dropbox.Buckets[0])[:dropbox.BlobHead])
	if dropbox.CheckBlobHead(b) != nil {
		panic("storetest: the shape of blobs has changed")
	}
	return Random(), b
}

// upload hands over a whole blob.
func (s *suite) upload(n int64) (dropbox.BlobID, []byte) {
	s.Helper()
	id, b := Blob(n)
	if have := s.piece(id, b, 0, len(b)); have != len(b) {
		s.Fatalf("Upload: %d bytes are there, want %d", have, len(b))
	}
	return id, b
}

// piece hands over a piece of a blob.
func (s *suite) piece(id dropbox.BlobID, blob []byte, from, to int) (have int) {
	s.Helper()
	u, err := s.Upload(s.ctx(), id, int64(from), int64(len(blob)))
	if err != nil {
		s.Fatalf("Upload from %d: %v", from, err)
	}
	defer u.Close()
	if _, err := io.Copy(u, bytes.NewReader(blob[from:to])); err != nil {
		s.Fatalf("Upload from %d: %v", from, err)
	}
	if have = int(u.Have()); have == len(blob) {
		if err := u.Finish(); err != nil {
			s.Fatalf("Finish: %v", err)
		}
	}
	return have
}

// blob holds what is under id to want; nil: nothing is, and it is missing.
func (s *suite) blob(what string, id dropbox.BlobID, want []byte) {
	s.Helper()
	f, err := s.Blob(s.ctx(), id)
	var got []byte
	if err == nil {
		got, err = io.ReadAll(f)
		f.Close()
	}
	if want == nil && !errors.Is(err, dropbox.ErrNothing) || want != nil && (err != nil || !bytes.Equal(got, want)) {
		s.Errorf("%s: got %d bytes, %v; want %d", what, len(got), err, len(want))
	}
	missing, err := s.Missing(s.ctx(), []dropbox.BlobID{id})
	if err != nil || (len(missing) == 0) != (want != nil) {
		s.Errorf("%s: missing %d of it, %v", what, len(missing), err)
	}
}

// naming makes p name blobs.
func naming(p *dropbox.Parcel, ids ...dropbox.BlobID) *dropbox.Parcel {
	p.Blobs = ids
	p.SetDigest()
	return p
}

// blobOnDisk is as much of a blob as onDisk takes.
func blobOnDisk(blob []byte) []byte { return blob[:dropbox.EnvelopeSize(dropbox.Buckets[1])] }

// blobs: they belong to the box of the parcel that names them first, hers or a reader's, and go when it is taken back, off the disk too.
func blobs(s *suite) {
	p, other := Parcel("alice"), Parcel("alice")
	one, a := s.upload(1)
	two, b := s.upload(300_000)
	three, c := s.upload(1)
	unnamed, d := s.upload(1)
	s.put(naming(p, one), true, dropbox.Stored, nil)
	s.put(naming(other, one, dropbox.BlobID{1}, two), true, dropbox.Stored, nil) // what is not there or not its own is passed over
	s.reply("alice", naming(Answer(p, "bob"), three), dropbox.Stored, nil)
	refused := naming(Parcel("alice"), unnamed)
	refused.Line = nil
	s.put(refused, true, 0, dropbox.ErrShape)
	for id, blob := range map[dropbox.BlobID][]byte{one: a, two: b, three: c, unnamed: d, {1}: nil} {
		s.blob("named", id, blob)
	}
	if got, err := s.Unclaimed(s.ctx(), []dropbox.BlobID{one, unnamed, three, {1}}); err != nil || !slices.Equal(got, []dropbox.BlobID{unnamed, {1}}) {
		s.Errorf("Unclaimed: got %x, %v; want the one that no parcel named, and the one that is not there", got, err)
	}
	s.onDisk("named", [][]byte{blobOnDisk(a), blobOnDisk(b), blobOnDisk(c), blobOnDisk(d)}, nil)
	s.Discard(one, unnamed, dropbox.BlobID{9})
	s.blob("discarded though a box has it", one, a)
	s.blob("discarded", unnamed, nil)

	s.withdraw(Withdrawal(p, "alice", "bob"), []string{"bob"}, []string{"alice"})
	s.blob("taken back", one, nil)
	s.blob("a reply's, taken back", three, nil)
	s.blob("another box's", two, b)
	s.onDisk("taken back", [][]byte{blobOnDisk(b)}, [][]byte{blobOnDisk(a), blobOnDisk(c), blobOnDisk(d)})
	for _, next := range []func(){s.Reopen, s.crash} {
		next()
		s.blob("taken back, and begun anew", one, nil)
		s.blob("another box's, and begun anew", two, b)
	}
}

// blobPieces: pieces may come again, overlap, and be begun anew; what is whole does not change any more.
func blobPieces(s *suite) {
	id, blob := Blob(1)
	half := len(blob) / 2
	for _, p := range [][3]int{{0, 1000, 1000}, {0, 500, 1000}, {500, half, half}, {half, half, half}} {
		if have := s.piece(id, blob, p[0], p[1]); have != p[2] {
			s.Fatalf("after bytes %d to %d: %d are there, want %d", p[0], p[1], have, p[2])
		}
		s.blob("a part", id, nil)
	}
	old, err := s.Upload(s.ctx(), id, int64(half), int64(len(blob)))
	if err != nil {
		s.Fatal(err)
	}
	if have := s.piece(id, blob, half-1, len(blob)); have != len(blob) {
		s.Fatalf("the last piece: %d are there", have)
	}
	if _, err := old.Write(blob[half:]); err == nil && old.Finish() == nil {
		s.Error("a piece that another has overtaken was taken")
	}
	s.blob("whole", id, blob)
	p := naming(Parcel("alice"), id)
	s.put(p, true, dropbox.Stored, nil)
	_, forged := Blob(1)
	if have := s.piece(id, forged, 0, len(forged)); have != len(blob) { // an answer was lost: all of it is passed over
		s.Errorf("handed over again: %d are there", have)
	}
	s.blob("handed over again", id, blob)

	for what, c := range map[string]struct {
		at, size int64
		write    []byte
		want     error
	}{
		"no size class":       {0, 1000, nil, dropbox.ErrShape},
		"before its begin":    {-1, int64(len(blob)), nil, dropbox.ErrShape},
		"beyond what is here": {1, int64(len(blob)), nil, dropbox.ErrNothing},
		"junk":                {0, int64(len(blob)), make([]byte, len(blob)), dropbox.ErrShape},
		"too short":           {0, 0, blob[:5000], dropbox.ErrShape},
		"too long":            {0, int64(len(blob)), append(bytes.Clone(blob), 1), dropbox.ErrShape},
	} {
		bad := Random()
		u, err := s.Upload(s.ctx(), bad, c.at, c.size)
		if err == nil {
			if _, err = u.Write(c.write); err == nil {
				err = u.Finish()
			}
			u.Close()
		}
		if !errors.Is(err, c.want) {
			s.Errorf("%s: got %v, want %v", what, err, c.want)
		}
		s.blob(what, bad, nil)
		s.Discard(bad)
	}
	id, blob = Blob(1) // of a size that nobody knows yet
	u, err := s.Upload(s.ctx(), id, 0, 0)
	if err == nil {
		if _, err = u.Write(blob); err == nil {
			err = u.Finish()
		}
	}
	if err != nil {
		s.Fatalf("without a size: %v", err)
	}
	s.blob("without a size", id, blob)
}

// blobsWait: what no parcel names goes after a day, a part of a blob after an hour, off the disk too.
func blobsWait(s *suite) {
	whole, a := s.upload(1)
	part, b := Blob(1)
	s.piece(part, b, 0, 200_000)
	s.SetNow(Start.Add(50 * time.Minute))
	s.piece(part, b, 200_000, 210_000)
	s.SetNow(Start.Add(100 * time.Minute))
	s.purge(Purged{})
	s.piece(part, b, 210_000, 220_000)
	s.onDisk("waiting", [][]byte{blobOnDisk(a), blobOnDisk(b)}, nil)
	s.SetNow(Start.Add(170 * time.Minute))
	s.purge(Purged{})
	if _, err := s.Upload(s.ctx(), part, 220_000, int64(len(b))); !errors.Is(err, dropbox.ErrNothing) {
		s.Errorf("a part, an hour later: %v", err)
	}
	s.blob("waiting for less than a day", whole, a)
	s.onDisk("an hour later", [][]byte{blobOnDisk(a)}, [][]byte{blobOnDisk(b)})
	s.SetNow(Start.Add(25 * time.Hour))
	s.purge(Purged{})
	s.blob("after a day", whole, nil)
	s.onDisk("a day later", nil, [][]byte{blobOnDisk(a), blobOnDisk(b)})
	late := naming(Parcel("alice"), whole)
	s.put(late, true, dropbox.Stored, nil) // the account is stored without it
	s.lines(late, late.Line)
}

// blobsEnd: a box that has ended has no blobs any more, whether it is purged or opened again.
func blobsEnd(s *suite) {
	ended, opened := Parcel("alice"), Parcel("alice")
	one, a := s.upload(1)
	two, b := s.upload(1)
	s.put(naming(ended, one), true, dropbox.Stored, nil)
	s.put(naming(opened, two), true, dropbox.Stored, nil)
	s.SetNow(Start.AddDate(1, 0, 0))
	s.purge(Purged{Numbers: 2})
	s.blob("a year later", one, a)
	s.SetNow(Start.AddDate(3, 0, 0))
	three, c := s.upload(1)
	s.reply("alice", naming(Answer(opened), three), dropbox.Stored, nil)
	s.blob("of the box that was opened again, old", two, nil)
	s.blob("of the box that was opened again, new", three, c)
	s.purge(Purged{Lines: 1})
	s.blob("ended", one, nil)
	s.onDisk("ended", [][]byte{blobOnDisk(c)}, [][]byte{blobOnDisk(a), blobOnDisk(b)})
}

// blobsCrash: what was answered is there after a crash; what was not whole, or not named, is not, and leaves nothing.
func blobsCrash(s *suite) {
	named, a := s.upload(300_000)
	p := naming(Parcel("alice"), named)
	s.put(p, true, dropbox.Stored, nil)
	waiting, b := s.upload(1)
	part, c := Blob(1)
	s.piece(part, c, 0, 200_000)
	s.crash()
	s.blob("named", named, a)
	s.blob("waiting", waiting, nil)
	s.blob("a part", part, nil)
	s.onDisk("after a crash", [][]byte{blobOnDisk(a)}, [][]byte{blobOnDisk(b), blobOnDisk(c)})
	s.withdraw(Withdrawal(p, "alice"), []string{"alice"}, []string{})
	s.crash()
	s.blob("taken back", named, nil)
	s.onDisk("taken back", nil, [][]byte{blobOnDisk(a)})
}

// blobsRestored: a backup has them, and a restore brings back none that was taken back since.
func blobsRestored(s *suite) {
	kept, taken := Parcel("alice"), Parcel("alice")
	one, a := s.upload(300_000)
	two, b := s.upload(1)
	waiting, c := s.upload(1)
	s.put(naming(kept, one), true, dropbox.Stored, nil)
	s.put(naming(taken, two), true, dropbox.Stored, nil)
	backup := s.backup()
	if bytes.Contains(backup, c[5000:5100]) {
		s.Error("a blob that nobody has named stands in the backup")
	}
	s.withdraw(Withdrawal(taken, "alice"), []string{"alice"}, []string{})
	s.restore(backup)
	s.blob("restored", one, a)
	s.blob("taken back since", two, nil)
	s.blob("was waiting", waiting, nil)
	s.onDisk("restored", [][]byte{blobOnDisk(a)}, [][]byte{blobOnDisk(b), blobOnDisk(c)})
	s.withdraw(Withdrawal(kept, "alice"), []string{}, []string{"alice"})
	s.blob("taken back after the restore", one, nil)
}
