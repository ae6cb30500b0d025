package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
)

// listed is what files prints as JSON.
type listed struct {
	desk.CaseFiles
	Saved    []desk.Saved `json:"saved"`
	Previews []desk.Saved `json:"previews"`
}

// files lists the files of a case, and fetches those that are asked for. It opens none.
func files(c *call) (any, error) {
	var save, show numbers
	c.flags.Func("save", "", save.add)
	c.flags.Func("preview", "", show.add)
	out := c.flags.String("out", "", "")
	id, err := c.parseCase()
	switch {
	case err != nil:
		return nil, err
	case show.all:
		return nil, usage("-preview takes the number of one file")
	case *out != "" && !save.some() && !show.some():
		return nil, usage("-out goes with -save or -preview")
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	list, err := d.Files(id)
	result := listed{list, []desk.Saved{}, []desk.Saved{}}
	if err != nil {
		return nil, err
	}
	if !save.some() && !show.some() {
		showFiles(c.out, list)
		return result, nil
	}
	if err := errors.Join(save.check(list), show.check(list)); err != nil {
		return result, err
	}
	var jobs []job
	for _, n := range save.of(list) {
		jobs = append(jobs, job{n, d.Save, &result.Saved})
	}
	for _, n := range show.of(list) {
		jobs = append(jobs, job{n, d.Preview, &result.Previews})
	}
	err = c.fetch(list.ID, *out, jobs)
	showSaved(c.out, result)
	return result, err
}

// job is a file that was asked for.
type job struct {
	n   int
	get func(ctx context.Context, id string, n int, folder string, how client.Transfer) (desk.Saved, error)
	to  *[]desk.Saved
}

// fetch gets files one by one. One that is not there, or not what it should be, does not keep the next from coming.
func (c *call) fetch(id, folder string, jobs []job) (err error) {
	ctx := c.network()
	for _, j := range jobs {
		how, stop := c.transfer(fmt.Sprintf("Fetching file %d", j.n))
		saved, e := j.get(ctx, id, j.n, folder, how)
		stop()
		switch {
		case e == nil:
			*j.to = append(*j.to, saved)
		case errors.Is(e, desk.ErrFileGone), errors.Is(e, desk.ErrNotTheFile), errors.Is(e, desk.ErrNoPreview):
			err = errors.Join(err, e)
		default:
			return errors.Join(err, e)
		}
	}
	return err
}

// numbers are files that were asked for.
type numbers struct {
	all bool
	n   []int
}

func (w *numbers) add(s string) error {
	n, err := strconv.Atoi(s)
	switch {
	case s == "all":
		w.all = true
	case err != nil || n < 1:
		return errors.New("it takes the number of a file")
	case !slices.Contains(w.n, n):
		w.n = append(w.n, n)
	}
	return nil
}

func (w *numbers) some() bool { return w.all || len(w.n) > 0 }

func (w *numbers) check(list desk.CaseFiles) error {
	for _, n := range w.n {
		if n > len(list.Files) {
			return fmt.Errorf("file %d: %w", n, desk.ErrNoSuchFile)
		}
	}
	return nil
}

func (w *numbers) of(list desk.CaseFiles) []int {
	if !w.all {
		return w.n
	}
	var every []int
	for _, f := range list.Files {
		every = append(every, f.N)
	}
	return every
}

// attach looks at what is to go with a reply, and says what was found in it, before anything is sent.
func (c *call) attach(paths []string, original bool) (files []*client.Attachment, err error) {
	if len(paths) > dropbox.MaxFiles {
		return nil, desk.ErrTooManyFiles
	}
	for _, path := range paths {
		a, err := client.Attach(path, original)
		if err != nil {
			return nil, fmt.Errorf("sending %s: %w", path, err)
		}
		if slices.ContainsFunc(files, a.Same) {
			c.note([]string{a.Name + " is there twice; it is sent once."})
			continue
		}
		files = append(files, a)
	}
	for _, a := range files {
		c.note([]string{terminal.Attached(a)})
	}
	return files, nil
}

// sentFile is what reply prints of a file as JSON.
type sentFile struct {
	Name     string        `json:"name"` // as the reporter sees it
	Size     int64         `json:"size"` // bytes that were sent, as sha256 is of them
	SHA256   dropbox.Hex32 `json:"sha256"`
	Cleaned  bool          `json:"cleaned"`
	Removed  []string      `json:"removed"` // words of scrub.Data
	Profile  bool          `json:"profile"` // its colour profile stays, which can name a screen
	Original bool          `json:"original"`
}

func sentFiles(files []*client.Attachment) []sentFile {
	sent := []sentFile{}
	for _, a := range files {
		f := sentFile{Name: a.Name, Size: a.Size, SHA256: a.SHA256, Removed: []string{}, Original: a.Original}
		if !a.Original {
			f.Cleaned, f.Profile, f.Removed = a.Found.Cleaned, a.Found.Profile, append(f.Removed, a.Found.Removed.Words()...)
		}
		sent = append(sent, f)
	}
	return sent
}

// noRoom explains what a server says of files that it does not take.
func noRoom(err error) error {
	switch {
	case client.Refused(err, "full"):
		return &terminal.Failure{Code: terminal.Later, Token: "full", Hint: "there is no room for files now: send the text alone, or try again later", Err: err}
	case client.Refused(err, "too-large"):
		return &terminal.Failure{Code: terminal.Refused, Token: "too-large", Hint: "this drop-box takes no file as large as that; nothing was sent", Err: err}
	}
	return err
}
