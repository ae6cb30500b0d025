package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/julienschmidt/httprouter"

	"tellbox/static"
)

// What is the same for everybody (sheet, script, list of words, answers to GET) is compressed: over Tor that is felt. A private
// page never is: it holds her text or tickets beside what a stranger may make it repeat, and then its length tells of
// them (BREACH, Gluck, Harris and Prado 2013).

// asset answers with a file of static.
func asset(name, kind string) httprouter.Handle {
	b, err := static.Files.ReadFile(name)
	if err != nil {
		panic(err) // embedded
	}
	return content(b, kind)
}

// content answers with b, compressed once, at the start, if that makes it smaller.
func content(b []byte, kind string) httprouter.Handle {
	best, _ := gzip.NewWriterLevel(nil, gzip.BestCompression) // errs for a level that is none
	small := pack(best, b)
	return func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
		h, body := w.Header(), b
		if len(small) < len(b) {
			h.Set("Vary", "Accept-Encoding")
			if takesGzip(r) {
				h.Set("Content-Encoding", "gzip")
				body = small
			}
		}
		h.Set("Content-Type", kind)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	}
}

// takesGzip reads Accept-Encoding (RFC 9110, 12.5.3): named, and not with a weight of nought.
func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			_, q, _ := strings.Cut(weight, "=")
			return q == "" || strings.Trim(q, " 0.") != ""
		}
	}
	return false
}

// packers make pages smaller. One has 1.2 MB, so they are kept.
var packers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // errs for a level that is none
	return w
}}

// packed is a page as it answers r, compressed if it is the same for everybody.
func packed(w http.ResponseWriter, r *http.Request, page []byte) []byte {
	if r.Method != http.MethodGet {
		return page
	}
	w.Header().Set("Vary", "Accept-Encoding")
	if !takesGzip(r) {
		return page
	}
	w.Header().Set("Content-Encoding", "gzip")
	packer := packers.Get().(*gzip.Writer)
	defer packers.Put(packer)
	return pack(packer, page)
}

func pack(packer *gzip.Writer, b []byte) []byte {
	var out bytes.Buffer
	packer.Reset(&out)
	packer.Write(b) // to memory
	packer.Close()
	return out.Bytes()
}
