package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/web"
)

// status is what an operator may know: how much waits, for whom, since which week. Nothing in it is about a case.
type status struct {
	Box      string         `json:"box"`
	Version  int            `json:"roster_version"`
	Expires  string         `json:"roster_expires"`
	Expired  bool           `json:"roster_expired"`
	Boxes    int            `json:"boxes"`
	Files    int            `json:"files"`
	FileSize int64          `json:"file_bytes"` // sealed and padded
	DiskFree int64          `json:"disk_free"`  // bytes
	Readers  []readerStatus `json:"readers"`
	Alarms   []string       `json:"alarms"`
}

type readerStatus struct {
	ID      string `json:"id"`
	Waiting int    `json:"waiting"`
	Bytes   int64  `json:"bytes"`
	Oldest  string `json:"oldest_week"` // "" if nothing waits
	Full    bool   `json:"full"`
}

func statusOf(ctx context.Context, st *store.Store) (*status, error) {
	b, err := st.Roster()
	if err != nil {
		return nil, err
	}
	r, err := web.OpenRoster(b.Keyholders, b.Roster, time.Now())
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, reader := range r.Receivers() {
		ids = append(ids, reader.ID)
	}
	counts, err := st.Status(ctx, append(ids, r.Retired...)) // who left may have left mail that nobody has read
	if err != nil {
		return nil, err
	}
	s := &status{Box: r.Name, Version: r.Version, Expires: dropbox.Today(r.Expires), Expired: r.Expired(time.Now()), Boxes: counts.Boxes,
		Files: counts.Blobs, FileSize: counts.BlobBytes,
		DiskFree: counts.DiskFree, Readers: []readerStatus{}, Alarms: storeAlarms(counts)}
	if s.Expired {
		s.Alarms = append(s.Alarms, "the roster has expired: new reports are refused")
	} else if r.Expired(time.Now().AddDate(0, 0, 14)) {
		s.Alarms = append(s.Alarms, "the roster expires within two weeks: ask the keyholders to renew it")
	}
	old := dropbox.Week(time.Now().AddDate(0, 0, -14))
	for _, m := range counts.Mailboxes {
		if slices.Contains(r.Retired, m.Reader) {
			if m.Waiting > 0 {
				s.Alarms = append(s.Alarms, fmt.Sprintf("%s left the roster with %d entries that nobody has read", m.Reader, m.Waiting))
			}
			continue
		}
		s.Readers = append(s.Readers, readerStatus{m.Reader, m.Waiting, m.Bytes, m.Oldest, m.Full})
		if m.Full {
			s.Alarms = append(s.Alarms, m.Reader+"'s mailbox is full: reports that name her are refused")
		}
		if m.Oldest != "" && m.Oldest <= old {
			s.Alarms = append(s.Alarms, m.Reader+" has not fetched mail since "+m.Oldest)
		}
	}
	return s, nil
}

// storeAlarms are those about what the store lies on.
func storeAlarms(counts store.Status) []string {
	alarms := []string{}
	if counts.Lost {
		alarms = append(alarms, "opened with -damaged: something that was stored is missing; tellbox check names it, and a backup may have it")
	}
	if counts.Erasing > 0 {
		alarms = append(alarms, fmt.Sprintf("%d things that were erased could not be overwritten yet: is the disk failing? tellbox purge tries again", counts.Erasing))
	}
	if counts.DiskFull {
		alarms = append(alarms, fmt.Sprintf("the disk is full: reports are refused until there is room: %d MiB free", counts.DiskFree>>20))
	}
	if counts.FilesFull && !counts.DiskFull {
		alarms = append(alarms, fmt.Sprintf("files have filled their part of the disk: reports are taken without files until there is room: %d MiB free", counts.DiskFree>>20))
	}
	return alarms
}

func (c *command) status(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := ask(ctx, c, "GET /status", nil, func(st *store.Store) (*status, error) { return statusOf(ctx, st) })
	if err != nil {
		return err
	}
	if c.json {
		return json.NewEncoder(c.out).Encode(s)
	}
	fmt.Fprintf(c.out, "%s: roster version %d, vouched for until %s; %d boxes, %d files of %d MiB\n", s.Box, s.Version, s.Expires, s.Boxes, s.Files, s.FileSize>>20)
	for _, r := range s.Readers {
		fmt.Fprintf(c.out, "  %-16s %5d waiting, %d KiB", r.ID, r.Waiting, r.Bytes>>10)
		if r.Oldest != "" {
			fmt.Fprintf(c.out, ", since %s", r.Oldest)
		}
		fmt.Fprintln(c.out)
	}
	for _, a := range s.Alarms {
		fmt.Fprintf(c.out, "! %s\n", a)
	}
	return nil
}
