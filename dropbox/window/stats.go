package window

import (
	"errors"
	"net/http"

	"tellbox/dropbox/desk"
)

var errQuarters = errors.New("not two quarters")

type statsPage struct {
	desk.Stats
	Most int // the greatest number, for the bars
}

// stats shows what may leave this machine.
func (w *Window) stats(v *visit) (page, error) {
	from, to := v.URL.Query().Get("from"), v.URL.Query().Get("to")
	v.typed.Set("from", from)
	v.typed.Set("to", to)
	period, err := desk.ParsePeriod(from, to, w.Now())
	if err != nil {
		v.problem, v.status = explain(errQuarters), http.StatusUnprocessableEntity
		v.problem.Field = fields["quarters"]
		period, _ = desk.ParsePeriod("", "", w.Now())
	}
	s, err := w.desk.Stats(period)
	if err != nil {
		return page{}, err
	}
	shown := statsPage{Stats: s, Most: 5}
	for _, t := range s.Tables {
		for _, c := range t.Cells {
			shown.Most = max(shown.Most, c.Count)
		}
	}
	return page{"stats", shown}, nil
}

// statsFile is the same as a file for spreadsheets.
func (w *Window) statsFile(rw http.ResponseWriter, r *http.Request) {
	v, end := w.begin(rw, r)
	defer end()
	if w.elsewhere(v, joined) {
		return
	}
	w.download(v, "statistics.csv", "text/csv; charset=utf-8", func() error {
		period, err := desk.ParsePeriod(r.URL.Query().Get("from"), r.URL.Query().Get("to"), w.Now())
		if err != nil {
			return errQuarters
		}
		s, err := w.desk.Stats(period)
		if err != nil {
			return err
		}
		return s.WriteCSV(rw)
	})
}

// download gives a file, unless it cannot be made before its first byte.
func (w *Window) download(v *visit, name, kind string, write func() error) {
	h := v.rw.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if err := write(); err != nil {
		h.Del("Content-Disposition")
		w.answer(v, func(*visit) (page, error) { return page{}, err })
	}
}

// labels are the words of statistics for people.
var labels = map[string]string{
	"quarter": "Cases by quarter", "wish": "What the reporter would like now", "about": "Whom it happened to",
	"first-answer": "Days to the first answer by a person", "full-answer": "Time to the full answer", "total": "All",
	"advice": "Advice only", "thinking": "Thinking about a complaint", "complaint": "A complaint", "record": "A record",
	"me": "The reporter", "saw": "The reporter saw it", "told": "The reporter was told", "not-said": "Not said",
	"within-7-days": "Within 7 days", "within-3-months": "Within 3 months", "later": "Later", "none-in-time": "None yet, still in time", "none-overdue": "None yet, overdue",
}

func label(name string) string {
	if l, ok := labels[name]; ok {
		return l
	}
	return name // a quarter
}
