package desk

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tellbox/dropbox"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// formerFile remembers by which keys colleagues signed before a roster gave them others, or left them out: what they wrote then may still be on
// its way. A server lets nobody in with such a key. Whoever has one, and the server's help, speaks to this desk as that colleague
// until the day is over.
const formerFile = "former.json"

// formerKey is one of them.
type formerKey struct {
	Signin string `json:"signin"` // hex
	Until  string `json:"until"`  // the last day on which it is believed
}

// keepFormer writes down whose keys are gone from the roster with the one that comes now, and lets go of those whose time is over.
func (d *Desk) keepFormer(next *keys.Roster) error {
	if d.roster == nil {
		return nil
	}
	kept, today := map[string][]formerKey{}, d.now().UTC().Format(time.DateOnly)
	changed := false
	for id, list := range d.former {
		for _, k := range list {
			if changed = changed || k.Until < today; k.Until >= today {
				kept[id] = append(kept[id], k)
			}
		}
	}
	until := d.now().UTC().AddDate(0, 0, vault.FormerLasts).Format(time.DateOnly)
	for _, p := range d.roster.Readers {
		now, _ := next.Reader(p.ID)
		k := formerKey{hex.EncodeToString(p.Signin), until}
		if p.ID == d.me.ID || p.Signin.Equal(now.Signin) || slices.ContainsFunc(kept[p.ID], func(had formerKey) bool { return had.Signin == k.Signin }) {
			continue
		}
		kept[p.ID], changed = append(kept[p.ID], k), true
	}
	if !changed {
		return nil
	}
	text, err := json.MarshalIndent(kept, "", "  ")
	if err != nil {
		return err
	}
	if err := d.home.write(formerFile, append(text, '\n')); err != nil {
		return err
	}
	d.former = kept
	return nil
}

func (d *Desk) loadFormer() error {
	text, err := d.home.read(formerFile)
	if err != nil || text == nil {
		return err
	}
	if err := json.Unmarshal(text, &d.former); err != nil {
		return fmt.Errorf("%s: %w", formerFile, err)
	}
	return nil
}

// signIn is the key of a colleague: the one by which this very envelope was believed before; or the roster's; or, if that is not the one that
// signed it, a former one that did.
func (d *Desk) signIn(it *item, id string) ed25519.PublicKey {
	if key, err := hex.DecodeString(it.about.Signer); err == nil && len(key) == ed25519.PublicKeySize {
		return key
	}
	p, _ := d.roster.Reader(id) // no such reader: no key, and nothing verifies
	_, drop, _ := it.opened.Claimed()
	route := dropbox.Route{Box: d.roster.Box, Drop: drop, From: id, To: d.me.ID}
	if _, err := it.opened.BySig(p.Signin, route); err == nil {
		return p.Signin
	}
	for _, k := range d.former[id] {
		key, err := hex.DecodeString(k.Signin)
		if err == nil && k.Until >= d.now().UTC().Format(time.DateOnly) {
			if _, err := it.opened.BySig(key, route); err == nil {
				return key
			}
		}
	}
	return p.Signin
}
