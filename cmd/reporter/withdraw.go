package main

import (
	"context"
	"slices"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// takenBack is what a withdrawal did.
type takenBack struct {
	Deleted  []string `json:"deleted"`  // readers to whom nothing had been handed out, as the server says
	Asked    []string `json:"asked"`    // readers who were asked to delete it
	Unasked  []string `json:"unasked"`  // readers who are no longer on the list
	Doubtful []string `json:"doubtful"` // readers of whom the server says nothing, or what cannot be
	Against  []string `json:"against"`  // people who were added although she had struck them off: they are sent nothing
	Before   bool     `json:"before"`   // it was taken back already: no more is known
}

func withdraw(c *call) (any, error) {
	v, err := c.come()
	if err != nil {
		return nil, err
	}
	v.warn()
	return v.withdraw(c.sure || !c.asks) // a script that says so means it
}

func (v *visit) withdraw(sure bool) (any, error) {
	if !sure {
		if err := v.askWithdraw(); err != nil {
			return nil, err
		}
	}
	result := &takenBack{Deleted: []string{}, Asked: []string{}, Unasked: []string{}, Doubtful: []string{}, Against: []string{}}
	var said dropbox.WithdrawAnswer
	to, err := v.follow(func(f *dropbox.Frame) ([]dropbox.Reader, error) {
		f.Kind = dropbox.Withdrawn
		return v.c.Holders(v.b.receivers), nil
	}, func(p *dropbox.Parcel) error {
		return v.hand(v.b, "taking it back", func(ctx context.Context) (err error) {
			said, err = v.b.Withdraw(ctx, p, dropbox.IDs(v.b.receivers))
			return err
		})
	})
	if result.Before = client.Refused(err, "used-ticket"); err != nil && !result.Before { // the first answer was lost
		return nil, err
	}
	result.Unasked = append(result.Unasked, v.c.Unasked(v.b.receivers)...) // now: the list may have changed on the way
	result.Against = append(result.Against, v.c.Against...)
	if !result.Before {
		result.sort(dropbox.IDs(to), said, v.c.Seen)
	}
	v.clear() // what it was stands above
	v.showTakenBack(result)
	if v.asks {
		v.showLines(v.b)
		v.para("Please close this window now.")
	}
	return result, nil
}

// sort believes what a server says of her readers as far as it can be: each of them once, and of nobody who has answered her that it
// was deleted before. Whom else it names is no matter.
func (t *takenBack) sort(readers []string, said dropbox.WithdrawAnswer, answered map[string]int) {
	for _, id := range readers {
		switch deleted, asked := slices.Contains(said.Deleted, id), slices.Contains(said.Asked, id); {
		case asked && !deleted:
			t.Asked = append(t.Asked, id)
		case deleted && !asked && answered[id] == 0:
			t.Deleted = append(t.Deleted, id)
		default:
			t.Doubtful = append(t.Doubtful, id)
		}
	}
}

func (v *visit) askWithdraw() error {
	if v.c.Alone() {
		v.para(text("record.withdraw"))
	} else {
		v.para(text("withdraw.what"), text("withdraw.found"))
	}
	ok, err := v.yes("Take it back?")
	if err == nil && !ok {
		err = errNotSure
	}
	return err
}
