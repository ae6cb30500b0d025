package main

import (
	"context"
	"io/fs"
	"syscall"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/desk"
	"tellbox/dropbox/scrub"
	"tellbox/dropbox/terminal"
	pages "tellbox/dropbox/window"
	"tellbox/keys"
	"tellbox/keys/vault"
)

const (
	again     = terminal.Again
	askHolder = "ask a keyholder, by telephone, before you go on"
)

// explanations give each sentinel its exit code, its token and its next step. The first that matches counts.
var explanations = []terminal.Explanation{
	terminal.Means(desk.ErrEarlier, 3, "earlier", "advocate inbox sends the earlier one; then send this one"),
	terminal.Means(desk.ErrUndelivered, 3, "undelivered", "run the same command again with the same text and files, or advocate inbox; it is not sent twice"),
	terminal.Means(client.ErrUnreachable, 3, "unreachable", again),
	terminal.Means(desk.ErrInUse, 3, "in-use", "close the other program, or wait until it has finished"),
	terminal.Means(client.ErrAnswer, 1, "answer", "check the address: something else may have answered, such as a hotel's sign-in page"),
	terminal.Means(desk.ErrNoHome, 1, "no-home", "advocate keygen makes your keys; -home FOLDER says where they are"),
	terminal.Means(desk.ErrNotJoined, 1, "not-joined", "advocate join -server URL -keyholders FILE"),
	terminal.Means(desk.ErrOtherBox, 1, "other-box", "use another -home for another drop-box, with keys of its own"),
	terminal.Means(desk.ErrNotInRoster, 1, "not-in-roster", "give your card.txt to a keyholder, and read its fingerprint out by telephone; try again when the new roster is there. If your keys have changed since this folder was copied, take the newest backup or recovery sheet"),
	terminal.Means(desk.ErrNoReports, 1, "no-reports", "reports go to advocates and the ombudsperson"),
	terminal.Means(keys.ErrSameVersion, 1, "altered", askHolder),
	terminal.Means(desk.ErrUnknownCase, 1, "unknown-case", "advocate inbox lists your cases"),
	terminal.Means(desk.ErrAmbiguous, 1, "ambiguous", "give more of its characters"),
	terminal.Means(desk.ErrShortID, 1, "short-id", "advocate inbox lists your cases"),
	terminal.Means(desk.ErrWithdrawn, 1, "withdrawn", "she asked you to delete it: advocate forget CASE"),
	terminal.Means(desk.ErrLeft, 1, "left", "a colleague goes on with it; advocate forget CASE deletes what is here"),
	terminal.Means(desk.ErrNobodyElse, 1, "nobody-else", "add a colleague first: advocate add CASE WHO, or advocate handover CASE WHO -leave. If there is nobody whom the reporter left in, tell her so in a reply: she can send it to others"),
	terminal.Means(desk.ErrNotReader, 1, "not-a-reader", "advocate read CASE names who reads it; advocate handover CASE WHO lets somebody new read it"),
	terminal.Means(desk.ErrReadsIt, 1, "reads-it", "advocate assign CASE WHO names somebody to the reporter"),
	terminal.Means(desk.ErrHasLeft, 1, "has-left", "choose somebody else"),
	terminal.Means(desk.ErrStruckOff, 1, "struck-off", "choose somebody else; if nobody is left, tell the reporter so in a reply"),
	terminal.Means(desk.ErrNoSuchRole, 1, "unknown-reader", "give the id of an advocate or the ombudsperson, as the roster has it"),
	terminal.Means(desk.ErrHasWritten, 1, "has-written", "advocate read CASE shows it; then close the case, if that is still right"),
	terminal.Means(desk.ErrNothingToDo, 1, "nothing-to-do", "name somebody other than yourself"),
	terminal.Means(desk.ErrNoReason, 1, "no-reason", "write a sentence or two to the reporter"),
	terminal.Means(desk.ErrNothingHere, 1, "nothing-here", "advocate inbox shows whether she took it back"),
	terminal.Means(desk.ErrNoDraft, 1, "no-draft", "advocate read CASE shows whether it was sent; advocate draft CASE -text-file FILE keeps another"),
	terminal.Means(desk.ErrNoSuchNote, 1, "unknown-note", "advocate note CASE -list shows your notes"),
	terminal.Means(desk.ErrDamaged, 1, "damaged", "put it back from a copy of your folder, or delete it; a draft goes with advocate draft CASE -discard"),
	terminal.Means(desk.ErrNoWords, 1, "no-words", "advocate search WORD, or - to be asked"),
	terminal.Means(desk.ErrEmptyText, 1, "empty-text", ""),
	terminal.Means(desk.ErrCodeInText, 1, "code-in-text", "take the words out; whoever has them can read all of the conversation and speak as the reporter"),
	terminal.Means(desk.ErrNoSuchFile, 1, "unknown-file", "advocate files CASE lists them"),
	terminal.Means(desk.ErrFileGone, 1, "nothing-here", "advocate inbox shows whether the reporter took it back; if not, ask whoever sent it to send it again"),
	terminal.Means(desk.ErrNotTheFile, 1, "altered-file", "try once more; if it stays so, ask whoever sent it to send it again"),
	terminal.Means(desk.ErrNoPreview, 1, "no-preview", "advocate files CASE -save N saves it as it is; to open it is then your own risk"),
	terminal.Means(client.ErrFolder, 1, "folder", "name files, each with a -file of its own; nothing was sent"),
	terminal.Means(client.ErrNotAFile, 1, "not-a-file", "nothing was sent"),
	terminal.Means(client.ErrEmptyFile, 1, "empty-file", "nothing was sent"),
	terminal.Means(scrub.ErrBroken, 1, "broken-picture", "-original sends it as it is, with all that is hidden in it; or send a screenshot of it. Nothing was sent"),
	terminal.Means(desk.ErrTooManyFiles, 1, "too-many-files", "send the others with another reply; nothing was sent"),
	terminal.Means(dropbox.ErrFileTooLarge, 1, "too-large", "no drop-box takes more than 3 GB; nothing was sent"),
	terminal.Means(client.ErrChanged, 1, "changed", "wait until nothing writes to it any more; the reply was not sent"),
	terminal.Means(client.ErrNoFiles, 1, "no-files", "send the text alone"),
	terminal.Means(syscall.ENOSPC, 1, "disk-full", "make room, or use -out with another disk; nothing of the file was left"),
	terminal.Means(desk.ErrBackup, 1, "not-a-backup", "nothing was changed; copy it again from where you keep it, or take an older one"),
	terminal.Means(desk.ErrTaken, 1, "exists", "name a file that does not exist yet"),
	terminal.Means(desk.ErrPart, 1, "unfinished", "another advocate is working on it, or was stopped amid that; then delete what ends in .part, and run this again"),
	terminal.Means(desk.ErrInside, 1, "inside", "name a file elsewhere: on a USB stick, if you have one"),
	terminal.Means(desk.ErrOddFile, 1, "odd-file", "move it out of the folder, and run this again; no backup was made"),
	terminal.Means(desk.ErrNotEmpty, 1, "not-empty", "nothing was changed; name a folder that does not exist yet with -home"),
	terminal.Means(desk.ErrNoRotation, 1, "no-rotation", "advocate rotate makes some"),
	terminal.Means(desk.ErrInForce, 1, "in-force", "make others with advocate rotate, if somebody else may have these"),
	terminal.Means(vault.ErrSlip, 1, "slip", "look at that line again, letter by letter; nothing was changed"),
	terminal.Means(vault.ErrSheet, 1, "sheet", "take all lines from one sheet, the newest; nothing was changed"),
	terminal.Means(dropbox.ErrTooLong, 1, "too-long", "100,000 characters go in one reply; send it in parts"),
	terminal.Means(keys.ErrExpired, 1, "roster-expired", "ask the keyholders to renew the roster"),
	terminal.Means(keys.ErrAltered, 1, "altered", "believe nothing that this server shows; "+askHolder),
	terminal.Means(keys.ErrTooFewSignatures, 1, "too-few-signatures", "believe nothing that this server shows; "+askHolder),
	terminal.Means(keys.ErrOtherBox, 1, "other-box", "the address leads to another drop-box than the keyholders file; check both"),
	terminal.Means(keys.ErrOtherGeneration, 1, "other-generation", askHolder),
	terminal.Means(keys.ErrOtherKeyholders, 1, "other-keyholders", "compare the keyholders' fingerprints with the poster; "+askHolder),
	terminal.Means(keys.ErrRollback, 1, "rollback", "the server shows something older than you have seen; "+askHolder),
	terminal.Means(keys.ErrReusedID, 1, "reused-id", askHolder),
	terminal.Means(keys.ErrVanished, 1, "vanished", askHolder),
	terminal.Means(keys.ErrNotYet, 1, "not-yet", "check this computer's clock"),
	terminal.Means(keys.ErrFormat, 1, "malformed", "check the file and the address; if both are right, "+askHolder),
	terminal.Means(vault.ErrPassphrase, 1, "passphrase", "nothing was changed; try again. Without it only your recovery sheet helps: advocate recover -home NEWFOLDER"),
	terminal.Means(pages.ErrAddress, 2, "address", "-listen 127.0.0.1:0, or with another port"),
	terminal.Means(vault.ErrNoTerminal, 1, "no-terminal", "use -passphrase-file FILE, or - for standard input"),
	terminal.Means(context.Canceled, 3, "stopped", again),
	terminal.Means(fs.ErrNotExist, 1, "no-such-file", "check the path"),
	terminal.Means(fs.ErrExist, 1, "exists", "your keys are there already, and are never overwritten; choose another -home for others"),
	terminal.Means(fs.ErrPermission, 1, "permission", "check who owns the file"),
}
