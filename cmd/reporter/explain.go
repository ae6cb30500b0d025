package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/scrub"
	"tellbox/dropbox/terminal"
	"tellbox/keys"
)

const (
	askPerson = "write nothing here now; ask somebody you trust, or call a help line"
	compare   = "compare with the poster, or with the file of somebody you trust; until they agree, " + askPerson
)

func usage(format string, args ...any) error {
	return terminal.Usage("reporter help lists the verbs and their flags", format, args...)
}

var errNotPrinted = errors.New("it was done, but not all that it says could be printed")

// explanations give each sentinel its exit code, its token and its next step. The first that matches counts.
var explanations = []terminal.Explanation{
	terminal.Means(errUndelivered, terminal.Later, "undelivered", "look with your words whether it is there, before you send it again"),
	terminal.Means(context.Canceled, terminal.Later, "stopped", "nothing was sent"),
	terminal.Means(client.ErrUnreachable, terminal.Later, "unreachable", "check the internet, the address, and whether Tor is running if you use it; nothing was sent"),
	terminal.Means(client.ErrAnswer, terminal.Refused, "answer", "check the address: something else may have answered, such as a hotel's sign-in page; if it is right, "+askPerson),
	terminal.Means(errStopped, terminal.Refused, "stopped", "nothing was sent"),
	terminal.Means(errNotSure, terminal.Refused, "stopped", ""),
	terminal.Means(errNotPinned, terminal.Refused, "not-pinned", "add -keyholders FILE, or -fingerprint for each keyholder of the poster; reporter readers shows them as the server has them"),
	terminal.Means(errNoReader, terminal.Refused, "no-reader", "leave somebody who reads reports, or keep a record for yourself: -wish record"),
	terminal.Means(errUnknownReader, terminal.Refused, "unknown-reader", "reporter readers -json lists everybody's id; without -exclude it asks"),
	terminal.Means(errChoice, terminal.Misused, "usage", ""),
	terminal.Means(errRecordShared, terminal.Refused, "record-shared", "look at it again first; if your readers may have this too, send it without -record"),
	terminal.Means(errRecord, terminal.Refused, "record", "reporter share sends it to readers"),
	terminal.Means(errNotPrinted, terminal.Refused, "not-printed", "make room where the output goes; if it was to hold eight words, they are lost: tell it again, for new ones"),
	terminal.Means(errNoMemory, terminal.Refused, "no-memory", "write without -editor, or pipe the text into the program"),
	terminal.Means(dropbox.ErrTooLong, terminal.Refused, "too-long", "100,000 characters go in one sending; send the rest as a further message"),
	terminal.Means(keys.ErrExpired, terminal.Refused, "roster-expired", "nobody vouches for the readers at present; try again in a day or two, or keep a record for yourself: -wish record"),
	terminal.Means(keys.ErrSameVersion, terminal.Refused, "altered", "the server shows two lists of readers; "+askPerson),
	terminal.Means(keys.ErrAltered, terminal.Refused, "altered", "believe nothing that this server shows; "+askPerson),
	terminal.Means(keys.ErrTooFewSignatures, terminal.Refused, "too-few-signatures", "believe nothing that this server shows; "+askPerson),
	terminal.Means(keys.ErrOtherBox, terminal.Refused, "other-box", "the address leads to another drop-box than you have known; check both"),
	terminal.Means(keys.ErrOtherGeneration, terminal.Refused, "other-generation", askPerson),
	terminal.Means(keys.ErrOtherKeyholders, terminal.Refused, "other-keyholders", compare),
	terminal.Means(keys.ErrRollback, terminal.Refused, "rollback", "the server shows something older than you have seen; "+askPerson),
	terminal.Means(keys.ErrReusedID, terminal.Refused, "reused-id", askPerson),
	terminal.Means(keys.ErrVanished, terminal.Refused, "vanished", askPerson),
	terminal.Means(keys.ErrNotYet, terminal.Refused, "not-yet", "check this computer's clock"),
	terminal.Means(keys.ErrFormat, terminal.Refused, "malformed", "check the file, and the address"),
	terminal.Means(client.ErrFolder, terminal.Refused, "folder", "send the files in it one by one, or pack them into one file"),
	terminal.Means(client.ErrNotAFile, terminal.Refused, "not-a-file", "send an ordinary file"),
	terminal.Means(client.ErrEmptyFile, terminal.Refused, "empty-file", "check whether it is the right one"),
	terminal.Means(dropbox.ErrFileTooLarge, terminal.Refused, "too-large", "no drop-box takes more than 3 GB; make it smaller, or leave it out"),
	terminal.Means(scrub.ErrBroken, terminal.Refused, "broken-picture", "with -original it goes as it is, with all that is hidden in it; or leave it out"),
	terminal.Means(client.ErrChanged, terminal.Refused, "changed", "wait until nothing writes to it any more, then send it again"),
	terminal.Means(client.ErrNoFiles, terminal.Refused, "no-files", "send the text alone, without files"),
	terminal.Means(errNoFolder, terminal.Refused, "no-such-folder", "make it first, where nobody else looks; or name another"),
	terminal.Means(errNoSuchNumber, terminal.Refused, "no-such-number", "reporter files lists them all with their numbers"),
	terminal.Means(dropbox.ErrOpen, terminal.Refused, "unreadable-file", "it is not what was sent, and was not saved; ask whoever sent it to send it again"),
	terminal.Means(syscall.ENOSPC, terminal.Refused, "disk-full", "make room there, or save it elsewhere"),
	terminal.Means(fs.ErrNotExist, terminal.Refused, "no-such-file", "check the path"),
	terminal.Means(fs.ErrPermission, terminal.Refused, "permission", "check who owns the file"),
}

// refusals are what servers say, in this program's words.
var refusals = map[string]terminal.Failure{
	"nothing-here":    {Code: terminal.Refused, Hint: "check your words; it may have been taken back, or its time may be over", Err: errors.New("there is nothing under these words")},
	"used-ticket":     {Code: terminal.Refused, Hint: "it was taken back; write it anew, with new words", Err: errors.New("this was sent before, and then taken back: nothing was stored")},
	"readers-changed": {Code: terminal.Refused, Hint: "look through the names again (reporter readers), then send it again", Err: errors.New("the list of readers has changed, so nothing was sent")},
	"roster-expired":  {Code: terminal.Refused, Hint: "try again in a day or two; a help line can talk to you today", Err: errors.New("the list of readers is out of date, so no new reports are taken")},
	"full":            {Code: terminal.Later, Hint: "try again tomorrow; a help line can talk to you today", Err: errors.New("there is no room left for this right now")},
	"busy":            {Code: terminal.Later, Hint: terminal.Again, Err: errors.New("the server is busy")},
	"store-down":      {Code: terminal.Later, Hint: terminal.Again, Err: errors.New("the server cannot store or open anything just now")},
	"malformed":       {Code: terminal.Refused, Hint: "this program may be older or newer than the server; nothing was stored", Err: errors.New("the server did not understand this program")},
}

// textHints are the next steps of what is wrong with her text.
var textHints = map[string]string{
	"empty-account":  "a few words are enough",
	"too-long":       "make it shorter; the rest can go as a further message",
	"too-many-files": "up to 20 go at once, and 100 in a record; send the rest as a further message",
	"code-in-text":   "take them out, so that nobody else can use them",
}

// explain finds the code, the token and the next step of an error. None of them says what she typed.
func explain(err error) *terminal.Failure {
	if e, ok := errors.AsType[*dropbox.TextError](err); ok {
		said := errors.New(map[string]string{"empty-account": "there is no text to send", "code-in-text": "the text has eight words in it that could open a report",
			"too-long": "the text is too long to send in one go", "too-many-files": "there are too many files to send in one go"}[e.Token])
		if e.Over > 0 {
			said = fmt.Errorf("%w, by %d characters", said, e.Over)
		}
		return &terminal.Failure{Code: terminal.Refused, Token: e.Token, Hint: textHints[e.Token], Err: said}
	}
	if e, ok := errors.AsType[*fileError](err); ok {
		return explainFile(e)
	}
	if e, ok := errors.AsType[*dropbox.CodeError](err); ok {
		said := map[string]string{"code-word": "not on the list: %d of the words", "code-length": "there are %d words, and it takes eight", "code-checksum": "these eight words do not belong together"}[e.Token]
		switch e.Token {
		case "code-word":
			said = fmt.Sprintf(said, len(e.Unknown))
		case "code-length":
			said = fmt.Sprintf(said, e.Words)
		}
		return &terminal.Failure{Code: terminal.Refused, Token: e.Token, Hint: "look at the words again; on a terminal, reporter says which may be wrong", Err: errors.New(said)}
	}
	if e, ok := errors.AsType[*client.Error](err); ok && !errors.Is(err, errUndelivered) {
		if f, known := refusals[e.Token]; known {
			f.Token = e.Token
			return &f
		}
	}
	if errors.Is(err, errUndelivered) { // before what the server said, if it said anything
		f := terminal.Explain(errUndelivered, explanations)
		f.Err = err
		return f
	}
	return terminal.Explain(err, explanations)
}
