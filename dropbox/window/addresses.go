package window

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/julienschmidt/httprouter"
)

// backPath is the page from which a form is sent.
func backPath(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch parts[0] {
	case "case":
		if len(parts) == 3 && parts[2] != "forget" && parts[2] != "work" {
			parts = parts[:2]
		}
		return "/" + strings.Join(parts, "/")
	case "fetch", "lost":
		return "/"
	case "sheet":
		return "/key"
	}
	return "/" + parts[0]
}

// shownAgain is what a form may show again: what is secret, and what belongs to one page alone, is not.
func shownAgain(sent url.Values) url.Values {
	again := url.Values{}
	for name, values := range sent {
		if !slices.Contains([]string{"passphrase", "again", "form", "once"}, name) {
			again[name] = values
		}
	}
	return again
}

// number is what stands for a case in addresses.
func (w *Window) number(id string) int {
	i := slices.Index(w.numbers, id)
	if i < 0 {
		w.numbers, i = append(w.numbers, id), len(w.numbers)
	}
	return i + 1
}

// named is the case of an address.
func (w *Window) named(v *visit) (string, error) {
	n, err := strconv.Atoi(httprouter.ParamsFromContext(v.Request.Context()).ByName("n"))
	if err != nil || n < 1 || n > len(w.numbers) {
		return "", errNoPage
	}
	return w.numbers[n-1], nil
}

func (w *Window) casePath(id string) string { return "/case/" + strconv.Itoa(w.number(id)) }
