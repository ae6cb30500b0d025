package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/store"
)

// looks measures what is looked at, in a box of reports without files, and in one with.
func (t *trial) looks(ctx context.Context, tellbox, dir string) ([]look, error) {
	var all [2]map[string]float64
	for i, files := range []int{0, t.stored} {
		data, err := t.box.copyTo(filepath.Join(dir, fmt.Sprint("looks-", i)))
		if err != nil {
			return nil, err
		}
		words, blob, err := t.fillFiles(ctx, data, max(1, t.stored/dropbox.MaxFiles), files)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		s, err := start(ctx, t.stderr, tellbox, "serve", "-listen", "127.0.0.1:0", "-data", data)
		if err != nil {
			return nil, err
		}
		started := time.Since(began)
		all[i], err = t.look(ctx, s, words, blob)
		s.stop()
		if err != nil {
			return nil, err
		}
		all[i]["start until it listens"] = started.Seconds() * 1000
	}
	var looks []look
	for _, what := range []string{"start until it listens", "blank form", "pickup", "words on the page", "mailbox, 20 entries", "1 MiB of a file", "taking it back"} {
		looks = append(looks, look{what, all[0][what], all[1][what]})
	}
	return looks, nil
}

// fillFiles stores reports, and files with them, as the server would. It returns the words of all, and a blob of the first that is stored.
func (t *trial) fillFiles(ctx context.Context, data string, reports, files int) (words []string, blob dropbox.BlobID, err error) {
	st, err := store.Open(store.Config{Dir: data})
	if err != nil {
		return nil, blob, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	var sealed bytes.Buffer
	s, err := dropbox.SealFile(&sealed, 1000)
	if err == nil {
		_, err = s.Close("a", dropbox.BlobID{1})
	}
	for range reports {
		if err != nil {
			return nil, blob, err
		}
		code := dropbox.NewCode()
		p, err := sealReport(code, account, t.box.id(), t.box.Roster)
		if err != nil {
			return nil, blob, err
		}
		for ; files > 0 && len(p.Blobs) < dropbox.MaxFiles; files-- {
			rand.Read(blob[:])
			u, err := st.Upload(ctx, blob, 0, int64(sealed.Len()))
			if err == nil {
				_, err = u.Write(sealed.Bytes())
			}
			if err == nil {
				err = u.Finish()
			}
			if err != nil {
				return nil, blob, err
			}
			p.Blobs = append(p.Blobs, blob)
		}
		if _, err := st.Put(ctx, p, true); err != nil {
			return nil, blob, err
		}
		words = append(words, code.Words())
	}
	return words, blob, err
}

// look asks for each thing in turn, many times, and returns the medians in milliseconds.
func (t *trial) look(ctx context.Context, s *server, words []string, blob dropbox.BlobID) (map[string]float64, error) {
	c, err := client.New(s.url, http.DefaultClient)
	if err != nil {
		return nil, err
	}
	v := droptest.NewVisitor(s.url)
	defer v.Client.CloseIdleConnections()
	start, err := v.Get("/")
	if err != nil {
		return nil, err
	}
	mailbox := c.SignIn(reader, t.box.Advocates[reader].Signin, t.box.id(), time.Now)
	times := map[string][]time.Duration{}
	for i := range min(100, len(words)) {
		her, err := reporterOf(words[i], t.box.id())
		if err != nil {
			return nil, err
		}
		for what, do := range map[string]func() error{
			"blank form": func() error { _, err := v.Press(start, "/report"); return err },
			"pickup":     func() error { _, err := c.Pickup(ctx, her.Locator); return err },
			"words on the page": func() error {
				p, err := v.Check(words[i])
				if err == nil && len(p.Entries()) == 0 {
					err = errors.New("no conversation")
				}
				return err
			},
			"mailbox, 20 entries": func() error { _, err := mailbox.Mail(ctx, "", 20); return err },
			"1 MiB of a file":     func() error { return ranged(ctx, s.url+dropbox.API+"blob/"+blob.String()) },
		} {
			if blob == (dropbox.BlobID{}) && what == "1 MiB of a file" {
				continue
			}
			began := time.Now()
			if err := do(); err != nil {
				return nil, fmt.Errorf("%s: %w", what, err)
			}
			times[what] = append(times[what], time.Since(began))
		}
	}
	for _, w := range words[:min(20, len(words))] {
		began := time.Now()
		if err := takeBack(ctx, c, w, t.box); err != nil {
			return nil, fmt.Errorf("taking it back: %w", err)
		}
		times["taking it back"] = append(times["taking it back"], time.Since(began))
	}
	medians := map[string]float64{}
	for what, all := range times {
		slices.Sort(all)
		medians[what] = float64(all[len(all)/2].Microseconds()) / 1000
	}
	return medians, nil
}

func reporterOf(words string, id dropbox.BoxID) (*dropbox.Reporter, error) {
	code, err := dropbox.ParseCode(words)
	if err != nil {
		return nil, err
	}
	return code.Reporter(id)
}

func takeBack(ctx context.Context, c *client.Client, words string, b *box) error {
	her, err := reporterOf(words, b.id())
	if err != nil {
		return err
	}
	p, err := her.Seal(dropbox.Frame{Kind: dropbox.Withdrawn, Day: dropbox.Today(time.Now()), Roster: b.Roster.Version}, nil, nil, nil)
	if err != nil {
		return err
	}
	rand.Read(p.Sending[:])
	_, err = c.Withdraw(ctx, p, b.receivers())
	return err
}

func ranged(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Range", "bytes=0-1048575")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusPartialContent {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return err
}
