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

// partitions are the tables of n cases with k cells, each once in whatever order its cells are: of at most the number most in a cell.
func partitions(n, k, most int) [][]int {
	if k == 0 {
		if n == 0 {
			return [][]int{nil}
		}
		return nil
	}
	var all [][]int
	for first := min(n, most); first*k >= n; first-- {
		for _, rest := range partitions(n-first, k-1, first) {
			all = append(all, append([]int{first}, rest...))
		}
		if first == 0 {
			break
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

// eachSet calls do with every set of tables of these shapes that counts the same n cases.
func eachSet(n int, shapes []int, before [][]int, do func([][]int)) {
	if len(shapes) == 0 {
		do(before)
		return
	}
	for _, row := range partitions(n, shapes[0], n) {
		eachSet(n, shapes[1:], append(before[:len(before):len(before)], row), do)
	}
}

// Somebody has all that was published, knows this program, and tries every set of tables that there is: which of them are printed just like that?
// No suppressed number is the same in all, nor one of two. Where nothing is printed, that goes for every number. The order of cells
// makes no difference to the program, so a table stands here for those with its cells in another order, and what one suppressed cell of it
// can be, each can. (Tables of two cells would not pass: see disclosure.go, and TestStats, which finds none.)
func TestNothingSuppressedIsFound(t *testing.T) {
	for _, s := range []struct {
		shapes []int
		upTo   int
	}{{[]int{1}, 60}, {[]int{3}, 60}, {[]int{4}, 45}, {[]int{1, 3}, 45}, {[]int{3, 3}, 32}, {[]int{4, 3}, 28}, {[]int{4, 4}, 19}, {[]int{4, 4, 3}, 12}} {
		seen := map[string][]uint64{} // by what is printed: the values that are behind the suppressed cells of each table
		for n := range s.upTo + 1 {
			eachSet(n, s.shapes, nil, func(set [][]int) {
				var all []*counts
				for _, row := range set {
					all = append(all, countsOf(row))
				}
				tables, withheld := publish(n, all...)
				if withheld != (len(tables) == 0) {
					t.Fatalf("%v: withheld %t, with %d tables", set, withheld, len(tables))
				}
				printed := "nothing"
				if !withheld {
					printed = fmt.Sprint(tables)
					if _, most := tables[0].Total.between(); most > s.upTo {
						return // not all that look like this are tried
					}
				}
				if seen[printed] == nil {
					seen[printed] = make([]uint64, len(set))
				}
				for i, row := range set {
					for j, v := range row {
						if withheld || tables[i].Cells[j].Suppressed {
							seen[printed][i] |= 1 << v
						}
					}
				}
			})
		}
		secrets := 0
		for printed, values := range seen {
			for i, v := range values {
				if v != 0 {
					secrets++
				}
				if v != 0 && bits.OnesCount64(v) < 3 {
					t.Errorf("tables of %v: a suppressed number of table %d of %s is one of %b", s.shapes, i, printed, v)
				}
			}
		}
		if secrets == 0 {
			t.Errorf("tables of %v: nothing was suppressed", s.shapes)
		}
	}
}

// The two tables of answers are linked: without a first answer there is no full one. Somebody who takes that for certain, and has both, goes
// through all pairs of them, and still finds no suppressed number, whether they are printed or not.
func TestNothingSuppressedIsFoundOfAnswers(t *testing.T) {
	const upTo = 26
	seen, secrets := map[string]*[4]uint64{}, 0 // behind: none and others of the first table, none and others of the second
	for n := range upTo + 1 {
		for none := range n + 1 {
			for noFull := none; noFull <= n; noFull++ {
				for _, a := range partitions(n-none, 2, n) {
					for _, b := range partitions(n-noFull, 2, n) {
						first := &counts{firstAnswer, []string{withinWeek, tooLate, noneOverdue}, map[string]int{withinWeek: a[0], tooLate: a[1], noneOverdue: none}}
						full := &counts{fullAnswer, []string{withinTime, tooLate, noneOverdue}, map[string]int{withinTime: b[0], tooLate: b[1], noneOverdue: noFull}}
						tables, withheld := publish(n, first, full)
						printed := "nothing"
						if !withheld {
							printed = fmt.Sprint(tables)
							if _, most := tables[0].Total.between(); most > upTo {
								continue // not all that look like this are tried
							}
						}
						if seen[printed] == nil {
							seen[printed] = &[4]uint64{}
						}
						for i, row := range [][]int{{a[0], a[1], none}, {b[0], b[1], noFull}} {
							for j, v := range row {
								if withheld || tables[i].Cells[j].Suppressed {
									seen[printed][2*i+map[bool]int{true: 0, false: 1}[j == 2]] |= 1 << v
								}
							}
						}
					}
				}
			}
		}
	}
	for printed, values := range seen {
		for i, v := range values {
			if v != 0 {
				secrets++
			}
			if v != 0 && bits.OnesCount64(v) < valuesLeft {
				t.Errorf("a suppressed number (%d) of %s is one of %b", i, printed, v)
			}
		}
	}
	if secrets < 20 || len(seen) < 20 {
		t.Errorf("%d secrets in %d publications", secrets, len(seen))
	}
	// Tables that contradict the link are published by what else they say.
	odd := &counts{firstAnswer, []string{withinWeek, tooLate, noneOverdue}, map[string]int{withinWeek: 10, tooLate: 1, noneOverdue: 15}}
	if _, withheld := publish(26, odd, &counts{fullAnswer, []string{withinTime, tooLate, noneOverdue}, map[string]int{withinTime: 15, tooLate: 10, noneOverdue: 1}}); withheld {
		t.Error("answered without a word: withheld")
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
