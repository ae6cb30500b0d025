package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// batch is what one transaction does beside badger: age files that are on disk before it commits, and erasures that follow.
type batch struct {
	active  uint32  // the segment that is written to
	pieces  []piece // in the order of their places
	live    map[uint32]int64
	end     map[uint32]uint32
	wiped   []span   // to be overwritten
	erased  []hash   // to be named in the list of erasures
	empty   []uint32 // segments of which nothing is left
	claimed []hash   // blobs that a box has now
	dropped []hash   // blobs that no box has any more
	deletes bool     // badger has something to scrub
}

func newBatch(active uint32) *batch {
	return &batch{active: active, live: map[uint32]int64{}, end: map[uint32]uint32{}}
}

type piece struct {
	span
	sealed []byte
}

// wipeRecord is what has still to be erased after a commit, so that a crash between the two forgets nothing: 4 number of
// spans ‖ spans ‖ 8 week ‖ 32 each name for the list of erasures.
type wipeRecord struct {
	spans  []span
	week   week
	erased []hash
}

func (r wipeRecord) encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(r.spans)))
	for _, p := range r.spans {
		b = p.append(b)
	}
	b = r.week.append(b)
	for _, h := range r.erased {
		b = append(b, h[:]...)
	}
	return b
}

func decodeWipe(b []byte) (r wipeRecord, ok bool) {
	if len(b) < 4 {
		return r, false
	}
	n := int64(binary.BigEndian.Uint32(b))
	b = b[4:]
	if int64(len(b)) < n*spanSize+8 || (int64(len(b))-n*spanSize-8)%32 != 0 {
		return r, false
	}
	for range n {
		r.spans = append(r.spans, decodeSpan(b))
		b = b[spanSize:]
	}
	r.week, ok = decodeWeek(b[:8])
	for b = b[8:]; len(b) > 0; b = b[32:] {
		r.erased = append(r.erased, hash(b[:32]))
	}
	return r, ok
}

func wipeKey(commit uint64) []byte { return concat("wipe/", seqBytes(commit)) }

// keep gives an age file its place; it is written before the transaction commits.
func (x tx) keep(sealed []byte) (place, error) {
	b := x.batch
	end, err := x.endOf(b.active)
	if err != nil {
		return place{}, err
	}
	if int64(end)+int64(len(sealed)) > segmentBytes && end > 0 {
		b.live[b.active] += 0 // if nothing is left of the old one, it goes
		b.active++
		end = 0
	}
	p := place{span{b.active, end, uint32(len(sealed))}, sha256.Sum256(sealed)}
	b.pieces = append(b.pieces, piece{p.span, sealed})
	b.end[b.active] = end + p.length
	b.live[b.active] += int64(p.length)
	return p, nil
}

func (x tx) endOf(n uint32) (uint32, error) {
	if end, ok := x.batch.end[n]; ok {
		return end, nil
	}
	r, _, err := load(x, segmentKey(n), decodeSegment)
	return r.end, err
}

// wipe has an age file overwritten once the transaction is durable.
func (x tx) wipe(p place) {
	x.batch.wiped = append(x.batch.wiped, p.span)
	x.batch.live[p.segment] -= int64(p.length)
}

// settle writes what the batch did into the records of segments, the list of what has to be erased, and the number of the
// commit.
func (s *Store) settle(x tx, commit uint64) error {
	b := x.batch
	for _, n := range slices.Sorted(maps.Keys(b.live)) {
		r, _, err := load(x, segmentKey(n), decodeSegment)
		if err != nil {
			return err
		}
		live := int64(r.live) + b.live[n]
		if end, ok := b.end[n]; ok {
			r.end = end
		}
		if live < 0 || live > int64(r.end) {
			return ErrDamaged
		}
		r.live = uint32(live)
		if r.live == 0 && n < b.active {
			b.empty = append(b.empty, n)
			err = x.delete(segmentKey(n))
		} else {
			err = x.set(segmentKey(n), r.encode())
		}
		if err != nil {
			return err
		}
	}
	if len(b.wiped) > 0 || len(b.erased) > 0 {
		if err := x.set(wipeKey(commit), wipeRecord{b.wiped, s.week(), b.erased}.encode()); err != nil {
			return err
		}
	}
	for _, key := range s.erasedNow {
		if err := x.delete(key); err != nil {
			return err
		}
	}
	if s.erasures.noted != s.erasures.count {
		if err := x.set([]byte("erasures"), s.erasures.record()); err != nil {
			return err
		}
	}
	return x.set([]byte("commits"), seqBytes(commit))
}

// writePieces puts the batch's age files on disk, a segment at a time.
func (s *Store) writePieces(b *batch) error {
	for ps := b.pieces; len(ps) > 0; {
		var sealed [][]byte
		first := ps[0].span
		for len(ps) > 0 && ps[0].segment == first.segment {
			sealed, ps = append(sealed, ps[0].sealed), ps[1:]
		}
		if err := s.segments.write(first, sealed); err != nil {
			return err
		}
	}
	return nil
}

// uncommitted takes back what a batch wrote that came to nothing. If it cannot, the next batch writes over it, or Open cuts it.
func (s *Store) uncommitted(b *batch) {
	for n, end := range b.end {
		var record segmentRecord
		err := s.view(func(x tx) (err error) { record, _, err = load(x, segmentKey(n), decodeSegment); return err })
		if err == nil && end > record.end {
			s.segments.cut(n, record.end)
		}
	}
}

// forget erases what a durable transaction dropped: first the names go into the list of erasures, then the bytes are
// overwritten. If that fails it is tried again, now and then and at the next Open.
func (s *Store) forget(key []byte, r wipeRecord, empty []uint32) error {
	var err error
	if !s.listed[string(key)] {
		err = s.erasures.append(r.week, r.erased)
		s.listed[string(key)] = err == nil // it is not named again if only the overwriting failed
	}
	if err2 := s.segments.wipe(r.spans); err2 != nil {
		err = errors.Join(err, err2)
	}
	if err == nil {
		err = s.segments.remove(empty)
	}
	if err != nil {
		s.cfg.Log.Error("store: could not erase: trying again later")
		return fmt.Errorf("erasing: %w", err)
	}
	delete(s.listed, string(key))
	s.erasedNow = append(s.erasedNow, key)
	return nil
}

// eraseWaiting erases what earlier transactions dropped and could not erase.
func (s *Store) eraseWaiting() error {
	waiting := map[string]wipeRecord{}
	err := s.view(func(x tx) error {
		prefix := []byte("wipe/")
		return x.each(prefix, prefix, true, func(key, value []byte) (bool, error) {
			r, ok := decodeWipe(value)
			if !ok {
				return false, ErrDamaged
			}
			waiting[string(key)] = r
			return true, nil
		})
	})
	for _, key := range s.erasedNow {
		delete(waiting, string(key))
	}
	doomed, err2 := s.eraseDoomed()
	err = errors.Join(err, err2)
	left := int64(len(waiting) + doomed)
	for _, key := range slices.Sorted(maps.Keys(waiting)) {
		if err2 := s.forget([]byte(key), waiting[key], nil); err2 != nil {
			err = errors.Join(err, err2)
		} else {
			left--
		}
	}
	s.erasing.Store(left)
	return err
}
