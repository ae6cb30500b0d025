package main

import (
	"errors"
	"fmt"
	"os"

	"tellbox/keys"
	"tellbox/keys/vault"
)

func keygen(c *call) (any, error) {
	name := c.flags.String("name", "", "")
	out := c.flags.String("out", "", "")
	file := c.flags.String("passphrase-file", "", "")
	if err := c.parseOnly("name", "out"); err != nil {
		return nil, err
	}
	if err := absent(*out, *out+".pub"); err != nil {
		return nil, err
	}
	secret, public, err := vault.NewKeyholder(*name)
	if err != nil {
		return nil, err
	}
	passphrase, err := c.passphrase(*file, true)
	if err != nil {
		return nil, err
	}
	sealed, err := vault.Seal([]byte(secret.Text()), passphrase)
	if err != nil {
		return nil, err
	}
	if err := vault.WriteFile(*out, sealed); err != nil {
		return nil, err
	}
	if err := vault.WritePublic(*out+".pub", []byte(public.Text()), false); err != nil {
		return nil, errors.Join(err, os.Remove(*out)) // nobody has seen this key yet
	}
	fmt.Fprintf(c.out, "%s is the key of %s, sealed; %s.pub is for everybody.\nFor the poster: %s\n",
		*out, public.Name, *out, public.Fingerprint())
	return keyView{public.Name, public.Fingerprint()}, nil
}

func change(c *call) (any, error) {
	var old, pubs list
	threshold := c.flags.Int("threshold", 0, "")
	out := c.flags.String("out", "", "")
	c.flags.Var(&old, "keyholders", "")
	c.flags.Var(&pubs, "keyholder", "")
	if err := c.parseOnly("keyholders", "keyholder", "out"); err != nil {
		return nil, err
	}
	if *threshold == 0 {
		return nil, usage("-threshold is missing")
	}
	before, err := openKeyholders(old)
	if err != nil {
		return nil, err
	}
	people, err := readKeyholders(pubs)
	if err != nil {
		return nil, err
	}
	next, err := before.Change(*threshold, people)
	if err != nil {
		return nil, err
	}
	if err := vault.WritePublic(*out, next.Bytes(), false); err != nil {
		return nil, err
	}
	describeKeyholders(c.out, next)
	fmt.Fprintf(c.out, "It needs signatures by %d of the keyholders before them: keyholder sign -keyholders %s\n", before.Threshold, *out)
	return viewKeyholders(next), nil
}

func sign(c *call) (any, error) {
	roster := c.flags.String("roster", "", "")
	keyholders := c.flags.String("keyholders", "", "")
	keyPath := c.flags.String("key", "", "")
	file := c.flags.String("passphrase-file", "", "")
	if err := c.parseOnly("key"); err != nil {
		return nil, err
	}
	if (*roster == "") == (*keyholders == "") {
		return nil, usage("sign takes either -roster or -keyholders")
	}
	path := *roster + *keyholders
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := c.previewSigning(text, *roster != ""); err != nil {
		return nil, err
	}
	secret, err := c.openKey(*keyPath, *file)
	if err != nil {
		return nil, err
	}
	signed, err := keys.Sign(text, secret.Signer())
	if err != nil {
		return nil, err
	}
	if err := vault.WritePublic(path, signed, true); err != nil {
		return nil, err
	}
	fmt.Fprintf(c.out, "%s has signed %s.\n", secret.Name, path)
	return map[string]string{"signed": path, "by": secret.Name}, nil
}

// previewSigning shows what a signature would vouch for, before the passphrase is asked for.
func (c *call) previewSigning(text []byte, isRoster bool) error {
	fmt.Fprintln(c.preview, "You are about to sign:")
	if !isRoster {
		kh, err := keys.ParseKeyholders(text)
		if err != nil {
			return err
		}
		describeKeyholders(c.preview, kh)
		return nil
	}
	r, err := keys.ParseRoster(text)
	if err != nil {
		return err
	}
	if r.Expired(c.now) {
		return fmt.Errorf("signing: %w: on %s", keys.ErrExpired, r.Expires.Format(day))
	}
	describeRoster(c.preview, r)
	return nil
}

func (c *call) openKey(path, passphraseFile string) (*vault.Keyholder, error) {
	sealed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	passphrase, err := c.passphrase(passphraseFile, false)
	if err != nil {
		return nil, err
	}
	text, err := vault.Open(sealed, passphrase)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return vault.ParseKeyholder(text)
}

func (c *call) passphrase(file string, confirm bool) (string, error) {
	if file == "-" {
		return vault.PassphraseLine(c.stdin)
	}
	return vault.ReadPassphrase(file, confirm)
}
