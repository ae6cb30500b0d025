package main

import (
	"fmt"
	"io/fs"
	"os"
	"time"

	"tellbox/keys"
)

func absent(paths ...string) error {
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("writing %s: %w", path, fs.ErrExist)
		}
	}
	return nil
}

const day = "2006-01-02"

// parseExpires reads a day between today and 60 days on.
func parseExpires(text string, now time.Time) (time.Time, error) {
	t, err := time.Parse(day, text)
	if err != nil {
		return t, usage("-expires %q is not a day like 2027-01-15", text)
	}
	last := keys.LastExpiry(now)
	if t.After(last) {
		return t, refuse("too-far", "the last possible day is "+last.Format(day), "-expires %s is more than 60 days away", text)
	}
	if t.Before(now.UTC().Truncate(24 * time.Hour)) {
		return t, refuse("in-the-past", "the last possible day is "+last.Format(day), "-expires %s is over", text)
	}
	return t, nil
}

func readKeyholders(paths []string) ([]keys.Keyholder, error) {
	var people []keys.Keyholder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		k, err := keys.ParseKeyholder(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		people = append(people, k)
	}
	return people, nil
}

// openKeyholders reads the files in the order given, the pinned generation first, and returns the newest generation.
func openKeyholders(paths []string) (*keys.Keyholders, error) {
	var chain []byte
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		chain = append(chain, text...)
	}
	return keys.OpenChain(chain)
}
