package keys

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
)

const (
	keyholdersHeader = "tellbox/1 keyholders"
	maxKeyholders    = 32
	maxNumber        = 1_000_000_000 // versions and generations
)

// Keyholders are the people who together vouch for a roster: at least Threshold of them must sign. Its file is
//
//	tellbox/1 keyholders
//	box <64 hex digits: the box id, 32 random bytes that never change>
//	generation 1
//	threshold 2
//	keyholder Ana|<64 hex digits>
//	keyholder Ben|<64 hex digits>
//
// Generation 1 needs no signature: people pin it, having compared fingerprints. Each later generation bears note
// signatures by at least Threshold keyholders of the one before.
type Keyholders struct {
	Box        [32]byte
	Generation int // from 1, one more for each change of the set
	Threshold  int // 1 ≤ Threshold ≤ len(Keyholders)
	Keyholders []Keyholder

	signed []byte
}

// NewKeyholders makes the first generation for a box. At most 32 keyholders; no key and no name twice.
func NewKeyholders(box [32]byte, threshold int, people []Keyholder) (*Keyholders, error) {
	return makeKeyholders(&Keyholders{Box: box, Generation: 1, Threshold: threshold, Keyholders: people})
}

// Change makes the next generation, unsigned: the keyholders of k have to Sign its Bytes.
func (k *Keyholders) Change(threshold int, people []Keyholder) (*Keyholders, error) {
	return makeKeyholders(&Keyholders{Box: k.Box, Generation: k.Generation + 1, Threshold: threshold, Keyholders: people})
}

func makeKeyholders(k *Keyholders) (*Keyholders, error) {
	if err := k.check(); err != nil {
		return nil, fmt.Errorf("making keyholders: %w", err)
	}
	k.signed = []byte(k.Text())
	return k, nil
}

// ParseKeyholders reads one generation of keyholders and does not check its signatures: what it returns is to be
// trusted only if the text was pinned, that is compared by people. Succeed and Follow check later generations. All
// failures are ErrFormat.
func ParseKeyholders(text []byte) (*Keyholders, error) {
	n, err := splitNote(text)
	if err != nil {
		return nil, fmt.Errorf("parsing keyholders: %w", err)
	}
	l := readLines(n.Text, keyholdersHeader)
	k := &Keyholders{
		Box:        l.hex32("box"),
		Generation: l.number("generation"),
		Threshold:  l.number("threshold"),
		signed:     bytes.Clone(text),
	}
	for l.next("keyholder") && len(k.Keyholders) <= maxKeyholders {
		name, digits, _ := strings.Cut(l.take("keyholder"), "|")
		key, err := hex.DecodeString(digits)
		if err != nil {
			l.fail("a keyholder is not NAME|64 hex digits")
		}
		k.Keyholders = append(k.Keyholders, Keyholder{Name: name, Key: key})
	}
	if err := l.finish(); err != nil {
		return nil, fmt.Errorf("parsing keyholders: %w", err)
	}
	if err := k.check(); err != nil {
		return nil, fmt.Errorf("parsing keyholders: %w", err)
	}
	if err := same(n.Text, k.Text()); err != nil {
		return nil, fmt.Errorf("parsing keyholders: %w", err)
	}
	return k, nil
}

func (k *Keyholders) check() error {
	if k.Generation < 1 || k.Generation > maxNumber {
		return fmt.Errorf("%w: generations count from 1", ErrFormat)
	}
	if len(k.Keyholders) > maxKeyholders {
		return fmt.Errorf("%w: more than %d keyholders", ErrFormat, maxKeyholders)
	}
	if k.Threshold < 1 || k.Threshold > len(k.Keyholders) {
		return fmt.Errorf("%w: the threshold %d does not fit %d keyholders", ErrFormat, k.Threshold, len(k.Keyholders))
	}
	names, keys := make(map[string]bool), make(map[string]bool)
	for _, h := range k.Keyholders {
		if err := h.check(); err != nil {
			return err
		}
		if keys[string(h.Key)] {
			return fmt.Errorf("%w: the key of %s is there twice, and would vouch twice", ErrFormat, h.Name)
		}
		if names[h.Name] {
			return fmt.Errorf("%w: two keyholders are called %s", ErrFormat, h.Name)
		}
		names[h.Name], keys[string(h.Key)] = true, true
	}
	return nil
}

// Text is the text that signatures are made over.
func (k *Keyholders) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nbox %x\ngeneration %d\nthreshold %d\n", keyholdersHeader, k.Box, k.Generation, k.Threshold)
	for _, h := range k.Keyholders {
		fmt.Fprintf(&b, "keyholder %s|%x\n", h.Name, []byte(h.Key))
	}
	return b.String()
}

// Bytes is the text with its signatures, as it came: what is stored and served.
func (k *Keyholders) Bytes() []byte { return bytes.Clone(k.signed) }

// Succeed reads the generation after k and believes it only if enough keyholders of k signed it. Who the new
// keyholders are is theirs to say: whoever holds Threshold keys of one generation decides all that come after.
// Errors: ErrFormat, ErrOtherBox, ErrRollback (not the next generation), ErrTooFewSignatures, ErrAltered.
func (k *Keyholders) Succeed(next []byte) (*Keyholders, error) {
	n, err := ParseKeyholders(next)
	if err != nil {
		return nil, err
	}
	if n.Box != k.Box {
		return nil, fmt.Errorf("changing keyholders: %w", ErrOtherBox)
	}
	if n.Generation != k.Generation+1 {
		return nil, fmt.Errorf("changing keyholders: %w: generation %d cannot follow %d", ErrRollback, n.Generation, k.Generation)
	}
	if _, err := k.signers(next); err != nil {
		return nil, fmt.Errorf("changing keyholders to generation %d: %w", n.Generation, err)
	}
	return n, nil
}

// Follow walks from the pinned generation to the newest in chain, which is the texts of consecutive generations one
// after another (bounded by 1 MiB); a server serves them from the first on. Generations before the pinned one are
// passed over unread but for their form. The pinned generation must be there with exactly the pinned text (its
// signatures may differ), or the chain is refused: ErrOtherKeyholders, or ErrRollback if it ends before. Every later
// step must Succeed.
func Follow(pinned *Keyholders, chain []byte) (*Keyholders, error) {
	if len(chain) > maxText {
		return nil, fmt.Errorf("following keyholders: %w: longer than %d bytes", ErrFormat, maxText)
	}
	texts := splitChain(chain)
	var before, newest *Keyholders
	for _, text := range texts {
		k, err := ParseKeyholders(text)
		if err != nil {
			return nil, fmt.Errorf("following keyholders: %w", err)
		}
		if before != nil && k.Generation != before.Generation+1 {
			return nil, fmt.Errorf("following keyholders: %w: generation %d after %d", ErrFormat, k.Generation, before.Generation)
		}
		before = k
		switch {
		case newest != nil:
			if newest, err = newest.Succeed(text); err != nil {
				return nil, fmt.Errorf("following keyholders: %w", err)
			}
		case k.Generation == pinned.Generation:
			if k.Text() != pinned.Text() {
				return nil, fmt.Errorf("following keyholders: generation %d: %w", k.Generation, ErrOtherKeyholders)
			}
			newest = k
		case k.Generation > pinned.Generation:
			return nil, fmt.Errorf("following keyholders: %w: generation %d is missing", ErrOtherKeyholders, pinned.Generation)
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("following keyholders: %w: generation %d is missing", ErrRollback, pinned.Generation)
	}
	return newest, nil
}

// splitChain parts texts that stand one after another. No other line can equal the header: all begin with a key.
func splitChain(chain []byte) [][]byte {
	header := []byte(keyholdersHeader + "\n")
	var texts [][]byte
	for len(chain) > 0 {
		end := bytes.Index(chain[1:], append([]byte("\n"), header...))
		if end < 0 {
			return append(texts, chain)
		}
		texts = append(texts, chain[:end+2])
		chain = chain[end+2:]
	}
	return texts
}

// OpenChain reads a keyholders file as people keep it: the pinned generation, and after it, if there are any, the
// generations that followed, which are verified. It returns the newest.
func OpenChain(chain []byte) (*Keyholders, error) {
	texts := splitChain(chain)
	if len(texts) == 0 {
		return nil, fmt.Errorf("parsing keyholders: %w: empty", ErrFormat)
	}
	pinned, err := ParseKeyholders(texts[0])
	if err != nil {
		return nil, err
	}
	return Follow(pinned, chain)
}
