package keys

import "slices"

// Who of a roster gets what.

// Reader returns the reader with an id.
func (r *Roster) Reader(id string) (Reader, bool) {
	i := slices.IndexFunc(r.Readers, func(p Reader) bool { return p.ID == id })
	if i < 0 {
		return Reader{}, false
	}
	return r.Readers[i], true
}

// Advocates are the readers of a report, in the roster's order, unless she strikes them off.
func (r *Roster) Advocates() []Reader { return r.withRole(Advocate) }

// Ombudsperson reads what no advocate may. There may be none.
func (r *Roster) Ombudsperson() (Reader, bool) {
	if o := r.withRole(Ombudsperson); len(o) == 1 {
		return o[0], true
	}
	return Reader{}, false
}

// Receivers are all to whom reports can be sent: the advocates, then the ombudsperson.
func (r *Roster) Receivers() []Reader { return append(r.Advocates(), r.withRole(Ombudsperson)...) }

// ReadersBut are who gets a report: the advocates but those with one of ids, or the ombudsperson if that leaves none and ids does not
// name her either.
func (r *Roster) ReadersBut(ids []string) []Reader {
	for _, people := range [][]Reader{r.withRole(Advocate), r.withRole(Ombudsperson)} {
		people = slices.DeleteFunc(people, func(p Reader) bool { return slices.Contains(ids, p.ID) })
		if len(people) > 0 {
			return people
		}
	}
	return nil
}

func (r *Roster) withRole(role Role) []Reader {
	var people []Reader
	for _, p := range r.Readers {
		if p.Role == role {
			people = append(people, p)
		}
	}
	return people
}
