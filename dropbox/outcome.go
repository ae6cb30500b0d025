package dropbox

import "errors"

// Outcome is what a store did with a parcel, by its sending number.
type Outcome int

const (
	Stored  Outcome = iota // it was new and is durable; asked beforehand: the number is unknown
	Again                  // the very same was stored before: nothing was stored now
	Another                // the number is known with other contents: this further one is durable too
	Gone                   // the number belongs to a box that was withdrawn: nothing was stored
)

// What any store answers that did not do as asked. Everything else is "the store is down".
var (
	ErrNothing = errors.New("nothing here")                         // unknown, withdrawn and expired alike
	ErrTaken   = errors.New("a report is stored under that code")   // by another sending
	ErrGone    = errors.New("the reporter took this back")          // to a reader who replies
	ErrFull    = errors.New("no room for this")                     // a mailbox's or a box's quota, or the disk
	ErrBusy    = errors.New("too much at once: try again in a bit") // nothing was stored
)

// FullError is an ErrFull that names the reader whose mailbox it is, for the operator.
type FullError struct{ Reader string }

func (e *FullError) Error() string { return "mailbox of " + e.Reader + " is full" }
func (e *FullError) Unwrap() error { return ErrFull }

// Mail is an envelope in a reader's mailbox.
type Mail struct {
	Seq      uint64 // rises within a mailbox; gaps are normal
	ID       string // 32 random hex digits
	Via      string // ViaParcel or ViaReply
	Envelope []byte
}

// Lines is a reporter's box as the server has it.
type Lines struct {
	Lines [][]byte // in the order they came
	Ends  string   // the ISO week in which it is deleted: "2028-W07"
	Whole bool     // nothing of it can be missing: the store has had it from its first line on, and has lost and restored nothing since
}

// Erased says of whom a withdrawal could delete everything unread, and who had been handed something and was asked.
type Erased struct{ Deleted, Asked []string }

// Upload takes a blob, or the next piece of one. Its errors are ErrFull, if files may not have more of the disk, and ErrShape; any other
// means that the store is down. After an error what was written in this piece may be there or not: the next begins at Have.
type Upload interface {
	Write(p []byte) (int, error)
	Have() int64  // bytes of the blob that are there
	Close() error // ends this piece; what is there waits a day for the next. After Finish it does nothing
	// Finish says that this was all: the blob is durable when it returns nil, and waits a day for the parcel that names it.
	Finish() error
}
