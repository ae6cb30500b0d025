package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/terminal"
)

var (
	errNoSuchNumber = errors.New("there is no file with this number")
	errNoFolder     = errors.New("there is no such folder to save in")
)

// theirs is a file of her conversation: one that a reader sent, or one of her own that she kept.
type theirs struct {
	*dropbox.File
	n         int // from 1, in the order of the conversation
	from, day string
}

func (v *visit) files() (all []theirs) {
	for _, f := range v.c.Entries {
		for i := range f.Files {
			all = append(all, theirs{&f.Files[i], len(all) + 1, f.From, f.Day})
		}
	}
	return all
}

// describe is a file in a line.
func describe(n int, f *dropbox.File) string {
	return fmt.Sprintf("File %d: %s, %s, %s", n, terminal.Visible(f.Name), terminal.Kind(f.Type), terminal.Size(f.Size))
}

type (
	// fileList is what -json prints of files.
	fileList struct {
		Files []listedFile `json:"files"`
		Saved []savedFile  `json:"saved"`
	}
	listedFile struct {
		fileView
		From string `json:"from"` // "reporter" or an id
		Day  string `json:"day"`
	}
	savedFile struct {
		N    int    `json:"n"`
		Path string `json:"path"`
	}
)

// files is the verb: it lists all files of her conversation, and saves those that are asked for.
func files(c *call) (any, error) {
	for _, n := range c.save {
		if i, err := strconv.Atoi(n); n != "all" && (err != nil || i < 1) {
			return nil, usage("-save takes the number of a file, or all")
		}
	}
	if len(c.save) > 0 && c.folder == "" && !c.asks || len(c.save) == 0 && c.folder != "" {
		return nil, usage("-save N and -out FOLDER belong together")
	}
	if err := c.checkFolder(); err != nil {
		return nil, err
	}
	v, err := c.come()
	if err != nil {
		return nil, err
	}
	list := v.listed()
	switch {
	case len(c.save) > 0:
		list.Saved, err = v.saveThese(c.save)
	case len(list.Files) == 0:
		v.para("There are no files here.")
	case c.asks:
		list.Saved, err = v.saveAsking()
	default:
		v.showList()
	}
	return list, err
}

// checkFolder finds what is wrong with the folder of -out before anything is fetched.
func (c *call) checkFolder() error {
	if c.folder == "" {
		return nil
	}
	if info, err := os.Stat(c.folder); err != nil || !info.IsDir() {
		return errNoFolder
	}
	return nil
}

func (v *visit) listed() *fileList {
	l := &fileList{Files: []listedFile{}, Saved: []savedFile{}}
	for _, f := range v.files() {
		l.Files = append(l.Files, listedFile{viewOf(f.n, f.File), f.from, f.day})
	}
	return l
}

func (v *visit) showList() {
	for _, f := range v.files() {
		who := text("conversation.you")
		if f.from != dropbox.FromReporter {
			who = v.b.reader(f.from)
		}
		v.say("%s; %s, %s", describe(f.n, f.File), terminal.Visible(who), date(f.day))
	}
	v.say("")
}

// chosen are the files with these numbers; "all" is all of them.
func (v *visit) chosen(numbers []string) (chosen []theirs, err error) {
	all := v.files()
	for _, n := range numbers {
		if n == "all" {
			return all, nil
		}
		i, err := strconv.Atoi(n)
		if err != nil || i < 1 || i > len(all) {
			return nil, errNoSuchNumber
		}
		if !slices.ContainsFunc(chosen, func(f theirs) bool { return f.n == i }) {
			chosen = append(chosen, all[i-1])
		}
	}
	return chosen, nil
}

// saveAsking asks which files to save, and where.
func (v *visit) saveAsking() ([]savedFile, error) {
	v.showList()
	v.para("A file that is saved stays on this disk until somebody deletes it, and can often be found even then. Do not open what you did not expect.")
	for {
		answer, err := v.ask("Their numbers, with spaces between them, or all; Enter saves nothing: ")
		numbers := strings.FieldsFunc(answer, func(r rune) bool { return r == ' ' || r == ',' })
		if err != nil || len(numbers) == 0 {
			return []savedFile{}, err
		}
		saved, err := v.saveThese(numbers)
		if !errors.Is(err, errNoSuchNumber) {
			return saved, err
		}
		v.say("There is no such number.")
	}
}

// askFolder asks where to save them.
func (v *visit) askFolder() error {
	for v.folder == "" {
		answer, err := v.ask("The folder to save them in; Enter for the one that you started this program in: ")
		if err != nil {
			return err
		}
		v.folder = "."
		if paths := pathsIn(answer); len(paths) > 0 {
			v.folder = paths[0]
		}
		if err := v.checkFolder(); err != nil {
			v.say("There is no such folder.")
			v.folder = ""
		}
	}
	return nil
}

// saveThese saves one file after the other. Those that were saved before something went wrong stay.
func (v *visit) saveThese(numbers []string) (saved []savedFile, err error) {
	saved = []savedFile{}
	chosen, err := v.chosen(numbers)
	if err == nil {
		err = v.askFolder()
	}
	if err != nil {
		return saved, err
	}
	for _, f := range chosen {
		path, err := v.saveOne(f)
		if err != nil {
			return saved, &fileError{n: f.n, err: err, saving: true}
		}
		saved = append(saved, savedFile{f.n, path})
		v.say("Saved: %s", terminal.Visible(path))
	}
	if len(saved) > 0 {
		v.note("what was saved stays on this disk until it is deleted, and can often be found even then")
	}
	return saved, nil
}
