package store

import (
	"encoding/binary"
	"errors"

	"github.com/dgraph-io/badger/v4"
)

// Keys are drawn above Store. concat makes a fresh slice, as badger keeps it until the commit.
func concat(prefix string, parts ...[]byte) []byte {
	b := append(make([]byte, 0, len(prefix)+72), prefix...)
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func seqBytes(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func boxKey(box hash) []byte                  { return concat("box/", box[:]) }
func lineKey(box hash, seq uint64) []byte     { return concat("line/", box[:], seqBytes(seq)) }
func dropKey(box, mb hash, seq uint64) []byte { return concat("drop/", box[:], mb[:], seqBytes(seq)) }
func handKey(box, mb hash) []byte             { return concat("hand/", box[:], mb[:]) }
func headKey(mb hash) []byte                  { return concat("epoch/", mb[:]) }
func mailKey(mb hash, seq uint64) []byte      { return concat("mail/", mb[:], seqBytes(seq)) }
func markKey(mb hash, seq uint64) []byte      { return concat("mark/", mb[:], seqBytes(seq)) }
func idKey(mb hash, id [16]byte) []byte       { return concat("id/", mb[:], id[:]) }
func blobKey(blob hash) []byte                { return concat("blob/", blob[:]) }
func fileKey(box, blob hash) []byte           { return concat("file/", box[:], blob[:]) }
func sentKey(n hash) []byte                   { return concat("sent/", n[:]) }

// tx is a transaction, which sees what was set in it. Only the writer's have a batch.
type tx struct {
	t     *badger.Txn
	batch *batch
}

// get is the value under key, nil if there is none, empty but not nil if it is empty.
func (x tx) get(key []byte) ([]byte, error) {
	item, err := x.t.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return item.ValueCopy(make([]byte, 0, 1))
}

func (x tx) set(key, value []byte) error { return x.t.Set(key, value) }

func (x tx) delete(key []byte) error {
	x.batch.deletes = true
	return x.t.Delete(key)
}

// load is the record under key; found is false, and r zero, if there is none.
func load[T any](x tx, key []byte, decode func([]byte) (T, bool)) (r T, found bool, err error) {
	b, err := x.get(key)
	if err != nil || b == nil {
		return r, false, err
	}
	r, ok := decode(b)
	if !ok {
		return r, false, ErrDamaged
	}
	return r, true, nil
}

// each calls f with every key under prefix, in order, and its value, or nil unless values are asked for. Neither may
// be kept. f must not write.
func (x tx) each(prefix, from []byte, values bool, f func(key, value []byte) (more bool, err error)) error {
	it := x.t.NewIterator(badger.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for it.Seek(from); it.ValidForPrefix(prefix); it.Next() {
		more, err := true, error(nil)
		if !values {
			more, err = f(it.Item().Key(), nil)
		} else {
			err = it.Item().Value(func(value []byte) (err error) {
				more, err = f(it.Item().Key(), value)
				return err
			})
		}
		if err != nil || !more {
			return err
		}
	}
	return nil
}
