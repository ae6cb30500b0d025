package window

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"syscall"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/desk"
	"tellbox/dropbox/scrub"
	"tellbox/dropbox/terminal"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// problem is what went wrong, in words, and what to do next.
type problem struct {
	Token  string
	Title  string
	Next   string
	File   string // the name of the file that it is about, if there is one
	Field  string // the id of the field that it is about, if it is one
	Status int
}

const (
	askHolder = "Ask a keyholder, by telephone, before you go on."
	nothing   = "Nothing was sent."
)

// An explained error is one that callers branch on, in words.
type explained struct {
	err error
	problem
}

func means(err error, status int, token, title, next string) explained {
	return explained{err, problem{Token: token, Title: title, Next: next, Status: status}}
}

// explanations give each error its words. The first that matches counts.
var explanations = []explained{
	means(errNoPage, 404, "no-page", "There is nothing at this address.", "Numbers of cases count until the desk is closed. Go to the inbox."),
	means(errConfirm, 422, "confirm", "Nothing was done yet.", "Tick the box to confirm, and press the button again."),
	means(errTooLarge, 413, "too-large", "That is more text than a form can take.", "Send it in parts."),
	means(errForm, 400, "form", "Not all of the form arrived.", "Please press the button again."),
	means(errTwice, 422, "twice", "The two passphrases are not the same.", "Type the passphrase once more, in both fields."),
	means(errNoPassphrase, 422, "no-passphrase", "There is no passphrase in the field.", "Type it. For a new one, six words at random are good."),
	means(errNoFile, 422, "no-file", "No file came.", "Choose a file, and press the button again."),
	means(errCard, 422, "card", "The id, the name or the organisation cannot be as they are.", "An id has small letters, digits and hyphens, and begins with a letter. Names have 1 to 200 characters on one line."),
	means(errNobody, 422, "nobody", "Nobody is chosen yet.", "Choose a person, and press the button again."),
	means(errNoPath, 422, "no-path", "It is not clear where the file should go.", "Write the whole path, from the beginning."),
	means(errQuarters, 422, "quarters", "Those are not two quarters of a year.", "Write them like 2026-Q1, the earlier one first, at most 20 years."),
	means(desk.ErrEarlier, 503, "earlier", "An earlier reply of yours is still on its way. This one was not sent.", "Fetch your mail: that sends the earlier one. Then send this one."),
	means(desk.ErrUndelivered, 503, "undelivered", "We do not know whether your reply arrived.", "It is kept here, and goes again when you fetch your mail. It is stored once, however often it is sent."),
	means(client.ErrUnreachable, 503, "unreachable", "The server cannot be reached.", "Try again in a while. Nothing is lost, and nothing is sent twice."),
	means(desk.ErrInUse, 503, "in-use", "Another program is working in your folder.", "Close it, or wait until it has finished. Then try again."),
	means(client.ErrAnswer, 502, "answer", "What answered is not the drop-box.", "Something else may stand between, such as a hotel's sign-in page. Check the address."),
	means(desk.ErrNotJoined, 409, "not-joined", "This desk has not joined a drop-box yet.", "Join one first."),
	means(desk.ErrOtherBox, 409, "other-box", "This desk holds the mail of another drop-box.", "Another drop-box needs a desk and a key of its own."),
	means(desk.ErrNotInRoster, 409, "not-in-roster", "The roster does not name you with your key yet.", "Give your card to a keyholder, and read its fingerprint out by telephone. Try again when the new roster is there. If your keys have changed since this folder was copied, take the newest back-up or sheet."),
	means(desk.ErrNoReports, 409, "no-reports", "Your role in the roster gets no reports.", "Reports go to advocates and to the ombudsperson."),
	means(keys.ErrSameVersion, 409, "altered", "The server shows two different rosters of one version.", askHolder),
	means(desk.ErrUnknownCase, 404, "unknown-case", "This case is not here any more.", "Go to the inbox."),
	means(desk.ErrWithdrawn, 409, "withdrawn", "The reporter took this case back.", "You are asked to delete it."),
	means(desk.ErrLeft, 409, "left", "You stepped aside from this case.", "A colleague goes on with it. Please delete what is here."),
	means(desk.ErrNobodyElse, 409, "nobody-else", "Nobody else reads this case.", "Add a colleague first, or hand the case over. If there is nobody whom the reporter left in, say so in a reply."),
	means(desk.ErrNotReader, 409, "not-a-reader", "This person does not read the case.", "Hand the case over, or add the person first."),
	means(desk.ErrReadsIt, 409, "reads-it", "This person reads the case already.", "You can name the person to the reporter."),
	means(desk.ErrHasLeft, 409, "has-left", "This person stepped aside from this case, which is for good.", "Choose somebody else."),
	means(desk.ErrStruckOff, 409, "struck-off", "The reporter does not want this person to read it.", "Choose somebody else. If nobody is left, tell the reporter so in a reply."),
	means(desk.ErrNoSuchRole, 409, "unknown-reader", "The roster has nobody of that name who reads reports.", "Choose somebody else."),
	means(desk.ErrNoReason, 422, "no-reason", "A case is closed with a reason.", "Write a sentence or two to the reporter."),
	means(desk.ErrHasWritten, 409, "has-written", "The reporter has written meanwhile. The case was not closed.", "Read what is new. Then close the case, if that is still right."),
	means(desk.ErrNothingToDo, 422, "nothing-to-do", "There is nothing chosen yet.", "Choose what you want to say, and press the button again."),
	means(desk.ErrNothingHere, 409, "nothing-here", "The server has no such report any more.", "Fetch your mail: it shows whether the reporter took it back."),
	means(desk.ErrNoDraft, 409, "no-draft", "There is no draft in this case.", "What you sent stands in the conversation."),
	means(desk.ErrNoSuchNote, 409, "unknown-note", "That note is not here any more.", "Your other notes are below."),
	means(desk.ErrDamaged, 409, "damaged", "A file of this desk was damaged or exchanged.", "Put it back from a copy of your folder. A draft can be deleted here."),
	means(desk.ErrNoWords, 422, "no-words", "There are no words to look for.", "Write one word or more."),
	means(desk.ErrEmptyText, 422, "empty-text", "There is no text yet.", "Write something, and press the button again."),
	means(desk.ErrCodeInText, 422, "code-in-text", "Your text has the words of a code in it.", "Take them out: whoever has them can read the whole conversation, and speak as the reporter."),
	means(desk.ErrNoSuchFile, 404, "unknown-file", "There is no such file in this case.", "The files are listed below."),
	means(desk.ErrFileGone, 409, "file-gone", "The server does not have this file.", "Fetch your mail: it shows whether the reporter took the case back. If not, ask whoever sent the file to send it again."),
	means(desk.ErrNotTheFile, 409, "altered-file", "What came is not the file that was sent. Nothing of it was kept.", "Try once more. If it stays so, ask whoever sent it to send it again."),
	means(desk.ErrNoPreview, 422, "no-preview", "There can be no preview of this file.", "You can save it as it is. To open it is then your own risk."),
	means(client.ErrEmptyFile, 422, "empty-file", "The file is empty.", "Choose another one."),
	means(scrub.ErrBroken, 422, "broken-picture", "The picture is broken, so we cannot take hidden data out of it.", "Choose it again with the box for originals ticked, and it goes as it is. Or send a screenshot of it."),
	means(desk.ErrTooManyFiles, 422, "too-many-files", "More than 20 files go with no reply.", "Send the others with another reply."),
	means(dropbox.ErrFileTooLarge, 413, "too-large", "The file is too large for any drop-box.", "3 GB is the most."),
	means(client.ErrChanged, 409, "changed", "The file changed while it was sent.", "Choose it again. "+nothing),
	means(client.ErrNoFiles, 409, "no-files", "This drop-box takes no files.", "Leave the files out, and send the text alone."),
	means(syscall.ENOSPC, 507, "disk-full", "The disk is full.", "Make room, and try again. Nothing of the file was left."),
	means(desk.ErrBackup, 422, "not-a-backup", "This is not a whole back-up of a desk.", "Nothing was changed. Copy it again from where you keep it, or take an older one."),
	means(desk.ErrTaken, 409, "exists", "There is a file of that name already.", "Write another name."),
	means(desk.ErrPart, 409, "unfinished", "There is an unfinished one beside it already.", "Delete what ends in .part, if no other program is working on it. Then try again."),
	means(desk.ErrInside, 422, "inside", "A back-up in the folder of the desk would be lost with it.", "Write a path elsewhere: on a USB stick, if you have one."),
	means(desk.ErrOddFile, 409, "odd-file", "A file in your folder is not an ordinary one.", "Move it out of the folder. No back-up was made."),
	means(desk.ErrNotEmpty, 409, "not-empty", "The folder of this desk is not empty.", "Nothing was changed. Start the desk with another folder."),
	means(dropbox.ErrTooLong, 422, "too-long", "Your text is too long.", "100,000 characters go at once. Send it in parts."),
	means(keys.ErrExpired, 409, "roster-expired", "The roster has ended.", "Ask the keyholders to renew it."),
	means(keys.ErrAltered, 409, "altered", "The server shows a roster that was changed.", "Believe nothing that this server shows. "+askHolder),
	means(keys.ErrTooFewSignatures, 409, "too-few-signatures", "Too few keyholders have signed what the server shows.", "Believe nothing that this server shows. "+askHolder),
	means(keys.ErrOtherBox, 409, "other-box", "The address leads to another drop-box than the keyholders file.", "Check both."),
	means(keys.ErrOtherGeneration, 409, "other-generation", "The server shows other keyholders than your file.", askHolder),
	means(keys.ErrOtherKeyholders, 409, "other-keyholders", "These are other keyholders than those you know.", "Compare the fingerprints with the poster. "+askHolder),
	means(keys.ErrRollback, 409, "rollback", "The server shows something older than you have seen.", askHolder),
	means(keys.ErrReusedID, 409, "reused-id", "The roster uses somebody's id twice.", askHolder),
	means(keys.ErrVanished, 409, "vanished", "Somebody is missing in the roster.", askHolder),
	means(keys.ErrNotYet, 409, "not-yet", "The roster is from the future.", "Check this computer's clock."),
	means(keys.ErrFormat, 422, "malformed", "That is not written as it should be.", "Check what you typed, the file and the address. If all are right, ask a keyholder."),
	means(desk.ErrNoRotation, 409, "no-rotation", "There are no new keys on their way.", "Make some first."),
	means(desk.ErrInForce, 409, "in-force", "The roster names your new keys already: they are in force.", "If somebody else may have these, make others."),
	means(vault.ErrSlip, 422, "slip", "A line is not as it was printed.", "Look at it again, letter by letter. Nothing was changed."),
	means(vault.ErrSheet, 422, "sheet", "These are not all the lines of one sheet.", "Take all lines from one sheet, the newest. Nothing was changed."),
	means(vault.ErrPassphrase, 422, "passphrase", "That is not the passphrase.", "Nothing was changed. Type it again: small and capital letters and spaces count."),
	means(context.DeadlineExceeded, 503, "slow", "The server takes too long.", "Try again in a while. Nothing is lost, and nothing is sent twice."),
	means(context.Canceled, 503, "stopped", "This was stopped before it was done.", "Try again. Nothing is lost, and nothing is sent twice."),
	means(fs.ErrExist, 409, "exists", "There is a key in this folder already.", "It is never replaced. Start the desk again."),
	means(fs.ErrNotExist, 422, "no-such-file", "There is no such file or folder.", "Check the path."),
	means(fs.ErrPermission, 409, "permission", "This machine does not allow that.", "Check who owns the file or folder."),
	means(errPage("kept"), 200, "kept", "The desk had locked before this was done.", "What you wrote is here again. Nothing was sent. Files have to be chosen again."),
	means(errPage("names"), 200, "names", "This was not sent yet: it has names that the reporter wrote.", ""),
}

// errPage is what a page has to say without an error.
type errPage string

func (e errPage) Error() string { return string(e) }

func problemOf(token string) *problem { return explain(errPage(token)) }

// explain puts an error into words. One that nobody foresaw is shown as it is: errors hold no content.
func explain(err error) *problem {
	p := problem{Token: "refused", Title: "That did not work: " + terminal.Visible(strings.ReplaceAll(err.Error(), "\n", "; ")) + ".", Next: "Try again. If it stays so, start the desk again.", Status: http.StatusInternalServerError}
	if found := explainServer(err); found != nil {
		p = *found
	} else {
		for _, e := range explanations {
			if errors.Is(err, e.err) {
				p = e.problem
				break
			}
		}
	}
	if f, ok := errors.AsType[*fileError](err); ok {
		p.File = f.name
	}
	if s, ok := errors.AsType[*vault.SlipError](err); ok {
		p.Title = "These lines are missing, or not as they were printed: " + strings.Trim(fmt.Sprint(s.Lines), "[]") + "."
	}
	return &p
}

func explainServer(err error) *problem {
	if a, ok := errors.AsType[*client.AddressError](err); ok {
		return &problem{Token: a.Token + "-address", Title: "That is not an address we can use: " + a.Message + ".", Next: addressNext[a.Token], Status: 422}
	}
	e, ok := errors.AsType[*client.Error](err)
	switch {
	case !ok || errors.Is(err, desk.ErrEarlier) || errors.Is(err, desk.ErrUndelivered):
		return nil
	case e.Token == "signature":
		return &problem{Token: "signature", Title: "The server did not take your signature.", Next: "Check this computer's clock, its date and its time zone.", Status: 409}
	case e.Token == "full":
		return &problem{Token: "full", Title: "The server has no room for files now.", Next: "Leave the files out and send the text alone, or try again later.", Status: 503}
	case e.Token == "too-large":
		return &problem{Token: "too-large", Title: "This drop-box takes no file as large as that.", Next: "Leave it out. " + nothing, Status: 413}
	case e.Later():
		return &problem{Token: "busy", Title: "The server is busy.", Next: "Try again in a while. Nothing is lost, and nothing is sent twice.", Status: 503}
	}
	return &problem{Token: "refused", Title: "The server refused: " + terminal.Visible(e.Error()) + ".", Next: "Fetch your mail, then try again.", Status: 409}
}

var addressNext = map[string]string{
	"server": "It begins with https://, or with http:// for an onion address or this machine.",
	"http":   "Use https://, or the drop-box's onion address.",
	"onion":  "Start Tor, and write socks5://127.0.0.1:9050 as the proxy (9150 for Tor Browser).",
	"proxy":  "Tor listens on socks5://127.0.0.1:9050, Tor Browser on socks5://127.0.0.1:9150.",
}

// commands are what the desk says to those who type, and what stands for it on a page.
var commands = []struct {
	typed *regexp.Regexp
	said  string
}{
	{regexp.MustCompile(`\s*advocate forget -unreadable deletes it all the same\.`), ``},
	{regexp.MustCompile(` \(advocate sheet\) unless you have since advocate rotate`), `, unless you have since you made these`},
	{regexp.MustCompile(`(?:Try|Run) advocate inbox -again`), `Press "Fetch everything again" in the inbox`},
	{regexp.MustCompile(`: advocate (?:add|assign|handover) \S+ WHO(?: -leave)?`), `, in casework`},
	{regexp.MustCompile(`: advocate junk -list`), `: see "Kept apart" in the inbox`},
	{regexp.MustCompile(`: advocate forget CASE`), ``},
	{regexp.MustCompile(`advocate files CASE fetches them again`), `Save them again if you need them`},
	{regexp.MustCompile(`advocate inbox -again`), `"Fetch everything again" in the inbox`},
	{regexp.MustCompile(`: advocate draft \S+ shows it`), `: it stands in the form for a reply`},
	{regexp.MustCompile(`: advocate reply \S+ -file FILE`), ` with a reply`},
	{regexp.MustCompile(`advocate \w+`), `the desk`},
}

// plain puts notices into words for a page.
func plain(notices []string) (said []string) {
	for _, n := range notices {
		for _, c := range commands {
			n = c.typed.ReplaceAllString(n, c.said)
		}
		said = append(said, n)
	}
	return said
}
