package desk

import (
	"encoding/csv"
	"io"
	"strconv"
)

// Published is a number as it may be read.
func (c Cell) Published() string {
	if c.Suppressed {
		return "fewer than 5"
	}
	return strconv.Itoa(c.Count)
}

// WriteCSV writes what may be published, as RFC 4180 has it. All words in it are fixed ones, so nothing in it can be a formula.
func (s Stats) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	row := func(table string, c Cell) {
		out.Write([]string{table, c.Name, c.Published(), s.From, s.To, strconv.FormatBool(s.Preliminary)}) // Error tells
	}
	out.Write([]string{"table", "cell", "cases", "from", "to", "preliminary"})
	for _, t := range s.Tables {
		for _, c := range t.Cells {
			row(t.Name, c)
		}
		row(t.Name, t.Total)
	}
	row("withdrawn", s.Withdrawn)
	out.Flush()
	return out.Error()
}
