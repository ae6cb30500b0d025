package main

import (
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
)

// What she is told before she opens a file, wherever she has it from.
const trap = "A file can be a trap, also one from somebody you believe. Open only what you need; PDFs and office documents best on a machine\n" +
	"that is kept for that. To see what a picture shows, a preview is safer.\n"

func showFiles(w io.Writer, list desk.CaseFiles) {
	if len(list.Files) == 0 {
		fmt.Fprintf(w, "Case %s has no files.\n", list.ID)
		return
	}
	fmt.Fprintf(w, "Case %s: %s. None is on this machine unless you save it.\n", list.ID, number(len(list.Files), "file"))
	for _, f := range list.Files {
		from := f.From
		if from == dropbox.FromReporter {
			from = "the reporter"
		}
		fmt.Fprintf(w, "\n%d. %s\n   %s; from %s, %s, in entry %d\n   sha256 %s\n", f.N, terminal.Visible(f.Name), described(f.File), from, f.Day, f.Entry, f.SHA256)
		for _, hint := range hints(f.File) {
			fmt.Fprintf(w, "   %s\n", hint)
		}
	}
	fmt.Fprintf(w, "\n%s\nTo save:    advocate files %s -save N (or -save all)\nTo preview: advocate files %s -preview N (JPEG, PNG, GIF)\n", trap, list.ID, list.ID)
}

func showSaved(w io.Writer, r listed) {
	for _, s := range r.Saved {
		showPlace(w, fmt.Sprintf("File %d", s.N), s)
	}
	for _, s := range r.Previews {
		showPlace(w, fmt.Sprintf("A preview of file %d", s.N), s)
	}
	all := slices.Concat(r.Saved, r.Previews)
	if len(all) == 0 {
		return
	}
	if filepath.Dir(all[0].Path) == filepath.Clean(r.Folder) {
		fmt.Fprintf(w, "\nIt lies there readable, for everybody who uses this computer as you. It goes with the case: advocate forget %s.\n", r.ID)
	} else {
		fmt.Fprint(w, "\nIt lies there readable, for everybody who can open that folder. When the case goes, delete it yourself.\n")
	}
	if len(r.Saved) > 0 {
		fmt.Fprint(w, trap)
	}
}

func showPlace(w io.Writer, what string, s desk.Saved) {
	was := "is in"
	if s.Again {
		was = "was there already, the same, in"
	}
	fmt.Fprintf(w, "%s %s\n    %s\n", what, was, terminal.Visible(s.Path))
}

// described is what is known of a file: nothing of it is believed.
func described(f desk.File) string {
	return fmt.Sprintf("%s; looks like %s", terminal.Size(f.Size), terminal.Visible(f.Type))
}

// Endings of names, in groups of what files of that name can do.
var (
	acts      = []string{".exe", ".com", ".bat", ".cmd", ".scr", ".msi", ".ps1", ".vbs", ".js", ".jar", ".lnk", ".url", ".desktop", ".sh", ".py", ".app", ".dmg", ".pkg", ".apk", ".hta", ".htm", ".html", ".svg", ".iso", ".reg"}
	documents = []string{".pdf", ".doc", ".docx", ".docm", ".xls", ".xlsx", ".xlsm", ".ppt", ".pptx", ".pptm", ".odt", ".ods", ".odp", ".rtf", ".eml", ".msg"}
	archives  = []string{".zip", ".rar", ".7z", ".gz", ".tar", ".xz", ".bz2", ".zst"}
	kinds     = map[string]string{".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".pdf": "application/pdf", ".txt": "text/plain"}
)

// hints say what there is to know of a file before it is opened.
func hints(f desk.File) (list []string) {
	ending := strings.ToLower(path.Ext(f.Name))
	if kind, known := kinds[ending]; known && kind != f.Type {
		list = append(list, "Its name says that it is something else than its first bytes do.")
	}
	switch {
	case slices.Contains(acts, ending) || f.Type == "text/html":
		list = append(list, "It can act as a program when it is opened. Better do not open it.")
	case slices.Contains(documents, ending) || f.Type == "application/pdf":
		list = append(list, "It can hold names, times and scripts, and tell somebody that it was opened.")
	case slices.Contains(archives, ending) || f.Type == "application/zip" || f.Type == "application/x-gzip" || strings.Contains(f.Type, "rar"):
		list = append(list, "It holds other files, and can fill a disk when it is unpacked.")
	case strings.HasPrefix(f.Type, "image/"), strings.HasPrefix(f.Type, "video/"), strings.HasPrefix(f.Type, "audio/"):
		list = append(list, "It can hold where, when and with what it was taken.")
	}
	return list
}
