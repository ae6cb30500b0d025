package desk

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"strings"
	"testing"
)

func TestPublishedNumbers(t *testing.T) {
	for n, want := range map[int]string{0: `{"name":"x","suppressed":true}`, 1: `{"name":"x","suppressed":true}`, 4: `{"name":"x","suppressed":true}`,
		5: `{"name":"x","count":5,"suppressed":false}`, 7: `{"name":"x","count":5,"suppressed":false}`, 8: `{"name":"x","count":10,"suppressed":false}`,
		12: `{"name":"x","count":10,"suppressed":false}`, 13: `{"name":"x","count":15,"suppressed":false}`, 1002: `{"name":"x","count":1000,"suppressed":false}`} {
		if got, _ := json.Marshal(publishedCell("x", n)); string(got) != want {
			t.Errorf("%d is published as %s, want %s", n, got, want)
		}
	}
	// What anybody can conclude from a number is all that is printed like it, and nothing else.
	alike := map[Cell][]int{}
	for n := range 103 {
		c := publishedCell("x", n)
		alike[c] = append(alike[c], n)
	}
	for c, all := range alike {
		if least, most := c.between(); least != all[0] || most != all[len(all)-1] {
			t.Errorf("%+v is said to be %d to %d, and is %v", c, least, most, all)
		}
	}
	if len(alike) != 21 {
		t.Errorf("%d different numbers are printed", len(alike))
	}
}

// compositions are all ways to distribute n cases over k cells.
func compositions(n, k int) [][]int {
	if k == 1 {
		return [][]int{{n}}
	}
	var all [][]int
	for first := range n + 1 {
		for _, rest := range compositions(n-first, k-1) {
			all = append(all, append([]int{first}, rest...))
		}
	}
	return all
}

func countsOf(row []int) *counts {
	c := newCounts("")
	for i, n := range row {
		name := string(rune('a' + i))
		c.cells = append(c.cells, name)
		c.n[name] = n
	}
	return c
}

// each calls do with every set of tables of these shapes that counts the same n cases.
func each(n int, shapes []int, before [][]int, do func([][]int)) {
	if len(shapes) == 0 {
		do(before)
		return
	}
	for _, row := range compositions(n, shapes[0]) {
		each(n, shapes[1:], append(before[:len(before):len(before)], row), do)
	}
}

// Somebody has all that was published, knows this program, and tries every set of small tables that there is: which of them are printed just like
// that? No suppressed number is the same in all, nor one of two. Where nothing is printed, that goes for every number. (Of two cells it would not:
// see disclosure.go, and TestStats, which finds no such table.)
func TestNothingSuppressedIsFound(t *testing.T) {
	for _, s := range []struct {
		shapes []int
		upTo   int
	}{{[]int{1}, 40}, {[]int{3}, 40}, {[]int{4}, 22}, {[]int{1, 3}, 32}, {[]int{3, 3}, 17}, {[]int{3, 4}, 12}, {[]int{1, 3, 3}, 14}, {[]int{3, 3, 3}, 8}} {
		seen := map[string][]uint64{} // by what is printed: the values that each number behind it can have
		suppressed := map[string][]bool{}
		for n := range s.upTo + 1 {
			each(n, s.shapes, nil, func(rows [][]int) {
				var all []*counts
				for _, row := range rows {
					all = append(all, countsOf(row))
				}
				tables, withheld := publish(n, all...)
				if withheld != (len(tables) == 0) {
					t.Fatalf("%v: withheld %t, with %d tables", rows, withheld, len(tables))
				}
				printed := fmt.Sprint(tables)
				if withheld {
					printed = "withheld"
				} else if _, most := tables[0].Total.between(); most > s.upTo {
					return // not all that look like this are tried
				}
				if seen[printed] == nil {
					for i, row := range rows {
						for j := range row {
							seen[printed] = append(seen[printed], 0)
							suppressed[printed] = append(suppressed[printed], withheld || tables[i].Cells[j].Suppressed)
						}
					}
				}
				at := 0
				for _, row := range rows {
					for _, v := range row {
						seen[printed][at] |= 1 << v
						at++
					}
				}
			})
		}
		secrets := 0
		for printed, values := range seen {
			for i, v := range values {
				if !suppressed[printed][i] {
					continue
				}
				secrets++
				if bits.OnesCount64(v) < 3 {
					t.Errorf("tables of %v: number %d of %s can only be %b", s.shapes, i, printed, v)
				}
			}
		}
		if secrets == 0 {
			t.Errorf("tables of %v: nothing was suppressed", s.shapes)
		}
	}
}

// The sums of disclosure.go, and an ordinary year.
func TestWithheld(t *testing.T) {
	for _, c := range []struct {
		rows     [][]int
		withheld bool
	}{
		{[][]int{{4, 4}}, true},
		{[][]int{{4, 3}}, false},
		{[][]int{{7, 7, 4}}, true},
		{[][]int{{12, 12, 4}}, true},              // by its total
		{[][]int{{12, 10, 4}, {16, 5, 5}}, false}, // 26 cases, printed as 25
		{[][]int{{12, 11, 4}, {8, 8, 11}}, false}, // 27
		{[][]int{{8, 8, 0}, {4, 4, 4, 4}}, true},  // a table against another one: 16 at least, 16 at most
		{[][]int{{8, 9, 3}, {8, 8, 4}}, false},
		{[][]int{{0}, {0, 0, 0, 0}, {0, 0, 0}}, false}, // nothing at all is a year like another
		{[][]int{{14, 9, 21, 11}, {30, 14, 9, 2}, {33, 11, 8, 3}, {31, 20, 4}}, false},
	} {
		total, all := 0, []*counts{}
		for _, row := range c.rows {
			all = append(all, countsOf(row))
		}
		for _, n := range c.rows[0] {
			total += n
		}
		tables, withheld := publish(total, all...)
		if withheld != c.withheld || withheld && (tables == nil || len(tables) > 0) || strings.Contains(fmt.Sprint(tables), "<nil>") {
			t.Errorf("%v: withheld %t, want %t: %v", c.rows, withheld, c.withheld, tables)
		}
	}
}
