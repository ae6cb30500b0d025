package desk

import "math/bits"

// What may be published of numbers of cases, to people who must not be able to find a person in them.
//
// Every number is either suppressed, if it is below 5, or rounded to the nearest 5: a threshold and a rounding, as the Office for
// National Statistics has them for counts of administrative data (the "10-5 rule" in its "Comparison of post-tabular statistical
// disclosure control methods").
//
// None is suppressed like 1 to 4. A zero that is shown says of a whole group that nobody in it spoke; and if none were told apart,
// "fewer than 5" would say that somebody did. (Hundepool et al., "Handbook on Statistical Disclosure Control", second edition, 2024, section
// 5.2: ambiguity has to be brought into the zeros.) Only what can be nothing but zero is not a secret; it is left out.
//
// Totals are rounded from the true total. The Handbook (5.5) advises against rounding to the nearest by itself, as it is easily unpicked
// when tables are linked or subtracted; and it is so. "Fewer than 5" is 0 to 4, 5 is 5 to 7 (never 3 or 4, which would be
// suppressed), 10 is 8 to 12, 15 is 13 to 17. Two suppressed numbers with a total of 10 are 4 and 4, for they make 8 at most and 10 is 8
// at least; 5, 5 and a suppressed number with a total of 20 are 7, 7 and 4. Tables without totals do the same to one another, as the same
// cases are in each: 10, 10 and a suppressed number make 28 at most, 20, 5 and 5 make 28 at least.
//
// So the whole is looked at as somebody outside would (keepsSecrets). All tables and totals are about one number of cases, which lies in the
// interval of the total and in that of each table; each suppressed number is what that leaves room for. Unless at least three
// values remain of each, no table is published. Three, not two: of two, a guess is right half the time.
//
// To suppress more numbers, or totals, only where that is needed would tell those who know the rule that it was needed, and with
// that often the numbers. All or nothing does not: the decision is made from what would be printed and not from what is behind it, so
// tables that are printed tell just what stands in them, and no tables leave each number open. Of two numbers alone this is not
// so: what is withheld is 4 and 4, and nothing else. So no table has two (Stats leaves that of two quarters out).
// TestNothingSuppressedIsFound tries all that on small tables, for somebody who knows this program. Who also knows from elsewhere
// how many cases there were learns more.
//
// It holds as far as nothing but the number of cases links one table to another. A case can have any wish in any quarter; but only a case
// of the last days can be unanswered and in time, so it holds for periods that are over (Stats.Preliminary), and not before. Full answers are
// counted three months later for the same reason.
//
// One link there is: whoever was never written to has no full answer either. So those without a first answer are not more than those without a
// full one, and who has both tables concludes that, too (conclude). It is taken for certain, though a case can be called answered without a word.

// smallest is the least number that is shown; roundTo is what it is rounded to. valuesLeft is how many values of a suppressed number must remain.
const (
	smallest   = 5
	roundTo    = 5
	valuesLeft = 3
)

// Cell is a number as it may be published.
type Cell struct {
	Name       string `json:"name"`
	Count      int    `json:"count,omitempty"` // a multiple of 5; not there if it is suppressed, which is not the same as none
	Suppressed bool   `json:"suppressed"`      // fewer than 5, perhaps none
}

// Table counts the cases of a period by one attribute.
type Table struct {
	Name  string `json:"name"`
	Cells []Cell `json:"cells"`
	Total Cell   `json:"total"` // of the true numbers
}

func publishedCell(name string, n int) Cell {
	if n < smallest {
		return Cell{Name: name, Suppressed: true}
	}
	return Cell{Name: name, Count: (n + roundTo/2) / roundTo * roundTo}
}

// between is what anybody concludes from a cell by itself.
func (c Cell) between() (least, most int) {
	if c.Suppressed {
		return 0, smallest - 1
	}
	return max(smallest, c.Count-roundTo/2), c.Count + roundTo/2
}

// between is what anybody concludes of the number of cases from the cells of a table.
func (t Table) between() (least, most int) {
	for _, c := range t.Cells {
		l, m := c.between()
		least, most = least+l, most+m
	}
	return least, most
}

// counts is a table of true numbers. It is never shown.
type counts struct {
	name  string
	cells []string
	n     map[string]int
}

func newCounts(name string, cells ...string) *counts {
	return &counts{name: name, cells: cells, n: map[string]int{}}
}

// publish rounds and suppresses tables of the same number of cases, and withholds all of them where they would give away what is suppressed.
func publish(total int, all ...*counts) (tables []Table, withheld bool) {
	tables = []Table{}
	for _, c := range all {
		t := Table{Name: c.name, Cells: []Cell{}, Total: publishedCell("total", total)}
		for _, name := range c.cells {
			t.Cells = append(t.Cells, publishedCell(name, c.n[name]))
		}
		tables = append(tables, t)
	}
	if !keepsSecrets(tables) {
		return []Table{}, true
	}
	return tables, false
}

// keepsSecrets says whether of each suppressed number enough values remain, for somebody who has all of these tables: he goes through every
// number of cases that there can have been, and through what each cell can be then. If the tables contradict the link of the two tables of
// answers, he does without.
func keepsSecrets(tables []Table) bool {
	if len(tables) == 0 {
		return true
	}
	left := remaining(tables, true)
	if left == nil {
		left = remaining(tables, false)
	}
	for i, t := range tables {
		for j, c := range t.Cells {
			if c.Suppressed && bits.OnesCount8(left[[2]int{i, j}]) < valuesLeft {
				return false
			}
		}
	}
	return true
}

// remaining are the values that each suppressed cell, by table and place, can have: bit n for n. nil if nothing fits.
func remaining(tables []Table, linked bool) map[[2]int]uint8 {
	least, most := tables[0].Total.between()
	for _, t := range tables {
		l, m := t.between()
		least, most = max(least, l), min(most, m)
	}
	var left map[[2]int]uint8
	for total := least; total <= most; total++ {
		ranges, ok := conclude(tables, total, linked)
		if !ok {
			continue
		}
		if left == nil {
			left = map[[2]int]uint8{}
		}
		for i := range ranges {
			for j, r := range ranges[i] {
				for v := r.least; tables[i].Cells[j].Suppressed && v <= r.most; v++ {
					left[[2]int{i, j}] |= 1 << v
				}
			}
		}
	}
	return left
}

// within is what a number can be.
type within struct{ least, most int }

// conclude finds what each cell can be if there were total cases; false if there cannot have been so many.
func conclude(tables []Table, total int, linked bool) ([][]within, bool) {
	ranges := make([][]within, len(tables))
	first, full := -1, -1 // the tables of answers, and in each the cell of those without one
	var none [2]int
	for i, t := range tables {
		for j, c := range t.Cells {
			l, m := c.between()
			ranges[i] = append(ranges[i], within{l, m})
			switch {
			case c.Name == noneInTime && t.Name == fullAnswer:
				full = -2 // some of these are not due yet
			case c.Name == noneOverdue && t.Name == firstAnswer:
				first, none[0] = i, j
			case c.Name == noneOverdue && t.Name == fullAnswer && full == -1:
				full, none[1] = i, j
			}
		}
		if !addUp(ranges[i], total) {
			return ranges, false
		}
	}
	if first < 0 || full < 0 || !linked {
		return ranges, true
	}
	f, g := &ranges[first][none[0]], &ranges[full][none[1]]
	if f.least > g.most {
		return ranges, false
	}
	f.most, g.least = min(f.most, g.most), max(g.least, f.least)
	return ranges, addUp(ranges[first], total) && addUp(ranges[full], total)
}

// addUp narrows what cells can be to what leaves the others enough, and not too much; false if they cannot make total.
func addUp(cells []within, total int) bool {
	least, most := 0, 0
	for _, c := range cells {
		least, most = least+c.least, most+c.most
	}
	if total < least || total > most {
		return false
	}
	for i, c := range cells {
		cells[i] = within{max(c.least, total-(most-c.most)), min(c.most, total-(least-c.least))}
	}
	return true
}
