package window

import (
	"strings"

	"tellbox/dropbox/desk"
)

type searchPage struct {
	Words   string
	Asked   bool
	Found   []foundCase
	Notices []string
}

type foundCase struct {
	desk.Result
	Number int
}

func (w *Window) blankSearch(v *visit) (page, error) {
	return page{"search", searchPage{Words: v.typed.Get("words")}}, nil
}

// search answers a POST: words that she looks for stand in no address.
func (w *Window) search(v *visit) (done, error) {
	words := v.sent.Get("words")
	results, err := w.desk.Search(strings.Fields(words))
	if err != nil {
		return done{}, err
	}
	shown := searchPage{words, true, nil, plain(results.Notices)}
	for _, r := range results.Cases {
		shown.Found = append(shown.Found, foundCase{r, w.number(r.ID)})
	}
	return done{shows: &page{"search", shown}}, nil
}
