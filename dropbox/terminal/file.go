package terminal

import (
	"fmt"
	"strings"

	"tellbox/dropbox/client"
	"tellbox/dropbox/scrub"
)

// Attached says all that somebody should know of a file before she sends it.
func Attached(a *client.Attachment) string {
	said := fmt.Sprintf("%s, %s, %s.", Visible(a.Name), Kind(a.Type), Size(a.Size))
	switch {
	case !a.Picture():
		return said + " We do not take hidden data out of this kind of file. It may hold " + mayHold(a.Type) + "."
	case a.Unknown:
		said += " It goes as it is. What is hidden in it is not known."
	case a.Found.Removed == 0:
		said += " No hidden data was found in it."
	case a.Original:
		said += " It goes as it is, with what is hidden in it: " + hidden(a.Found.Removed) + "."
	default:
		said += " Hidden data is taken out: " + hidden(a.Found.Removed) + "."
	}
	if a.Found.Profile {
		said += " Its colour profile stays, and can name a screen."
	}
	return said
}

// hiddenWords say what scrub finds.
var hiddenWords = map[string]string{
	"place": "where it was taken", "time": "when", "device": "with what device or program", "author": "names of people", "thumbnail": "a small copy of the picture",
	"comment": "comments", "text": "texts", "app": "data of programs", "behind": "something behind the end of the picture",
}

func hidden(d scrub.Data) string {
	var found []string
	for _, w := range d.Words() {
		found = append(found, hiddenWords[w])
	}
	return strings.Join(found, "; ")
}

// mayHold is what files of a kind that we do not clean can tell.
func mayHold(kind string) string {
	family, _, _ := strings.Cut(kind, "/")
	switch {
	case family == "image":
		return "where and when it was taken, and with what device"
	case family == "video", family == "audio", kind == "application/ogg":
		return "where and when it was made, and with what device"
	case kind == "application/pdf":
		return "names, dates, earlier versions, and text under black bars"
	case kind == "text/plain", kind == "text/html":
		return "names, dates, and what else stands in its text"
	}
	return "names, comments, earlier versions, and where, when and with what it was made"
}

// Kind is a media type in words: what a file looks like.
func Kind(kind string) string {
	family, _, _ := strings.Cut(kind, "/")
	switch {
	case kind == "image/jpeg":
		return "JPEG picture"
	case kind == "image/png":
		return "PNG picture"
	case kind == "application/pdf":
		return "PDF"
	case kind == "application/zip":
		return "document or ZIP archive"
	case kind == "application/octet-stream":
		return "file of a kind that we do not know"
	case family == "image":
		return "picture"
	case family == "video":
		return "film"
	case family == "audio", kind == "application/ogg":
		return "recording"
	case family == "text":
		return "text"
	}
	return Visible(kind)
}

// Size is a number of bytes in words.
func Size(n int64) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}
