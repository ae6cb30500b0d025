// Package keys holds what everybody may see: who vouches for a box (the keyholders), who reads its reports (the
// roster), and the card an advocate gives to the keyholders. It holds no secret; those are in keys/vault.
//
// # What it promises
//
// A roster that OpenRoster returns without an error, or with ErrExpired, was signed, byte for byte, by at least k
// distinct keys of the given keyholders file. k comes from that file and never from the roster, and one key counts
// once however often it signs and under whatever name. A set of keyholders is replaced only by k signatures of the
// set before it (Keyholders.Succeed, Follow).
//
// All texts are strict: one way to write each value, so a text that parses formats to identical bytes. Whatever
// differs is refused as ErrFormat.
//
// # What it does not promise
//
// It cannot tell that two keys belong to two people, that a named reader is who the name says, or that a newer roster
// exists: a client compares versions with what it has seen before (Roster.Successor), and the 60 days that a roster
// lives at most bound the rest. The first keyholders file is believed as it comes; it is compared by fingerprint,
// from a poster, by telephone. Names that look alike in different scripts are not told apart.
package keys

import "errors"

// Callers branch on these with errors.Is. The error around them says the particulars.
var (
	// ErrFormat: the text, or a value that was to become part of one, breaks the rules of its format.
	ErrFormat = errors.New("against the format")
	// ErrExpired: all is well but the day. New reports are refused, conversations go on.
	ErrExpired = errors.New("the roster has expired")
	// ErrNotYet: the roster says it will be issued more than a day from now; some clock is wrong.
	ErrNotYet = errors.New("the roster was issued in the future")
	// ErrTooFewSignatures: fewer distinct keyholders signed than the keyholders file asks for.
	ErrTooFewSignatures = errors.New("too few keyholders signed")
	// ErrAltered: a signature bears a known keyholder's name and does not fit: the text was changed after signing.
	ErrAltered = errors.New("the text was changed after it was signed")
	// ErrOtherBox: two texts name different boxes.
	ErrOtherBox = errors.New("it belongs to another box")
	// ErrOtherGeneration: the roster was made for an earlier or later set of keyholders.
	ErrOtherGeneration = errors.New("it belongs to another generation of keyholders")
	// ErrOtherKeyholders: the served text of the pinned generation is not the pinned text.
	ErrOtherKeyholders = errors.New("the keyholders are not the ones already known")
	// ErrRollback: a version or generation does not rise, or a retirement was undone.
	ErrRollback = errors.New("it is not newer than what is known")
	// ErrReusedID: the id of a retired reader, which nobody may bear again.
	ErrReusedID = errors.New("the id belonged to somebody who has left")
	// ErrVanished: a reader left the roster without being retired, so the id could come back.
	ErrVanished = errors.New("a reader vanished without being retired")
	// ErrUnknownID: no reader of the roster has this id.
	ErrUnknownID = errors.New("no reader has this id")
)
