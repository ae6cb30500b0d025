// Package desk is an advocate's cases on her own machine: it fetches her mail, keeps it, shows it as conversations, saves files
// out of it when she asks for one, replies, carries out casework (Do), forgets, and counts cases for a report (Stats: nothing of that is kept).
//
// Her home folder (0700; files 0600) holds
//
//	card.txt           for the keyholders; public. card-next.txt is that of keys to come
//	secret.age         her age identity and sign-in key under her passphrase (package vault), and former identities for 60 days. Its thief
//	                   gains nothing without the passphrase; with it, all below and her mailbox
//	box.json           server, proxy, the keyholders she pinned, the highest roster seen. Not secret; whoever can change it
//	                   can exchange the box, so it is trusted as far as the disk is
//	former.json        by which sign-in keys colleagues signed until a roster changed them, for 60 days. Trusted like box.json
//	cursor             how far the mailbox was fetched. Lost: everything is listed again, and known by its hash
//	mail/HASH.age      an envelope exactly as it came, so that `age -d` opens it; HASH is its SHA-256. When her keys change, the same is sealed
//	                   to the new identity and stands here instead, under the name it has: HASH.json says its SHA-256
//	mail/HASH.json     order of arrival, ids of the server's entries, which are acknowledged, and the key that a
//	                   co-reader's reply was believed by. Nothing of what the envelope says
//	sent/HASH.age      a reply of hers, sealed to herself; HASH.json as above
//	index.age          what the envelopes in mail/ and sent/ say, sealed to herself, so that a start need not open each. Derived: whatever
//	                   becomes of it, it is made anew. Its length, in coarse steps, tells how much is written in all of them together
//	pending/MARK.age   a reply on its way, sealed to herself: it stays until the server's answer is known. MARK is the
//	                   case's id under her key
//	notes/MARK.age     what she has noted on a case for herself, sealed to herself, and never sent. Its length tells little
//	drafts/MARK.age    a reply that she has not sent, likewise
//	junk.age           which cases she has put aside, and which she has kept, by their marks; likewise
//	read               hashes of what she has read
//	forgotten          hashes of what she has deleted, and marks of cases: a restored server may list it again
//	files/CASE/        files of a case that she has saved, and previews of pictures, READABLE: that is what saving means. CASE is the
//	                   case's id. Whoever gets at the folder has them, without any passphrase
//	lock               held while a program works in the folder
//
// A thief of the folder without the passphrase learns how much mail she has, when it came, roughly how much is written in all of it, and whose
// drop-box it is, and on how many cases she has notes and drafts, and when she changed them; whether she has put any aside; which colleague signed a reply (mail/HASH.json), and which draft, notes and reply on its way are of one case (MARK).
// Otherwise not from whom, nor which pieces belong together.
// Of what stands in files he learns all.
//
// # What it promises
//
// Mail is acknowledged, and so may be deleted by the server, only after it is durable here, opened and was
// verified. The program may be stopped at any point: nothing is lost and nothing happens twice. A reply is
// stored once however often it has to be sent. The index changes nothing of what is shown, believed or acknowledged, and has nothing of a case
// that was forgotten or, once this program heard of it, taken back. Nobody is believed but by key: the reporter by the key her
// report brought, a colleague by the roster's. The first report of a drop stays; a second is flagged.
//
// What advocates of a case decide (who is named to her, how it stands, who reads it too, who steps aside, that it is closed) are frames like
// replies: to her and to each of them, sealed and signed. The fold of them (dropbox.Decided) is the same on every desk and for her, in whatever
// order they come and however many decide at once. Nobody whom she struck off is added. What was written before somebody knew of a new reader
// is passed on to him by the desk of who added him, when it fetches mail. Of a case that its advocate has stepped aside from a desk shows and
// keeps open nothing.
//
// No report is kept out of the inbox but what junk.go says, and none is deleted unasked.
//
// When her keys change nothing that waits or is on its way is lost, and nothing here needs the former identity for longer than 60 days: then it
// is destroyed, at a Sync that has seen the end of the mailbox. Stopped at any point of that, it goes on from there.
//
// Her notes never leave this machine but, sealed, in a backup of hers. A draft leaves it when she sends it, and goes when its reply is
// stored; what was not sent becomes one. Both go when she forgets the case, and as soon as this program hears that the reporter took it back.
//
// A file has a name here only when all of it came and is what the message says of it. Nothing is ever overwritten by one, opened, or handed
// to another program; a preview is a picture made anew. The files in files/CASE go when she forgets the case, and as soon as this program
// hears that the reporter took it back.
//
// # What it does not promise
//
// Deleting files does not erase them from a disk; use one that is encrypted. Texts and her passphrase are in memory, and perhaps in swap, while a program
// runs. A server can withhold mail; gaps in the senders' counts show it once something later arrives. A
// colleague can tell her something else than he told the reporter. Of what came before she was added to a case she has a colleague's word, and
// if he forgets the case, or never fetches his mail again, what was written to him without knowing of her does not reach her.
//
// A backup or recovery sheet from before her keys changed keeps the former ones. So does a disk, perhaps: a secret.age that was replaced is
// only deleted. What the disk damages once the former one is gone cannot be fetched again: the server has it sealed to that. A desk that joins anew does not know colleagues' former keys, and does not believe what those signed.
//
// Backup and Restore carry a folder to another machine. A backup is the desk of its day: what was deleted or taken back since comes back with it.
//
// What she saved in another folder, and what other programs keep of a file that she opened with them (small pictures, lists of what was opened
// last, copies for printing), is not known here and stays. A file is as dangerous as whatever she opens it with.
package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// Callers branch on these.
var (
	ErrNoHome       = errors.New("there is no advocate's key in this folder")
	ErrNotJoined    = errors.New("this desk has not joined a drop-box yet")
	ErrInUse        = errors.New("another program is working in this folder")
	ErrOtherBox     = errors.New("this folder holds the mail of another drop-box")
	ErrNotInRoster  = errors.New("the roster does not name you with your keys")
	ErrNoReports    = errors.New("your role in the roster receives no reports")
	ErrUnknownCase  = errors.New("there is no such case")
	ErrAmbiguous    = errors.New("more than one case begins like that")
	ErrShortID      = errors.New("a case is named by at least 4 of its characters")
	ErrWithdrawn    = errors.New("the reporter took this back")
	ErrNothingHere  = errors.New("the server has no such report any more: the reporter may have taken it back")
	ErrTooManyFiles = fmt.Errorf("there are more than %d files", dropbox.MaxFiles)
	ErrEmptyText    = errors.New("there is no text to send")
	ErrCodeInText   = errors.New("the text contains the words of a code, which must never be passed on")
	ErrNoDraft      = errors.New("there is no draft in this case")
	ErrNoSuchNote   = errors.New("the case has no such note")
	ErrDamaged      = errors.New("what stands in the file is not what was written there: it was damaged or exchanged")
	ErrNoWords      = errors.New("there are no words to look for")
	ErrEarlier      = errors.New("an earlier reply of yours is still on its way, and this one was not sent")
	ErrUndelivered  = errors.New("it is not known whether the reply arrived; it is kept, and not sent twice")
)

// Desk is an advocate's home folder, opened with her secret. It is for one goroutine; the folder is locked until Close.
type Desk struct {
	home   *home
	me     *vault.Advocate
	now    func() time.Time
	box    boxFile
	roster *keys.Roster // the highest seen, verified when it was; nil before Join

	mail, sent []*item
	read       hashes
	forgotten  hashes
	indexed    hashes // what the index on the disk has

	passphrase string                 // that of secret.age, which is written anew when her keys change
	former     map[string][]formerKey // of colleagues
	listed     bool                   // this Sync has seen the end of the mailbox

	decided   decided           // what is junk
	notices   []string          // of opening it, that nobody was given yet
	closed    bool              // the folder may be another program's
	transport http.RoundTripper // tests put something between here and the server
}

// Keygen makes a new advocate's secret and card in folder, which it makes if need be. It overwrites no secret (fs.ErrExist).
func Keygen(folder, id, name, org string, passphrase func() (string, error)) (*keys.Card, error) {
	h, err := openHome(folder, true)
	if err != nil {
		return nil, err
	}
	defer h.close()
	if _, err := os.Lstat(h.path("secret.age")); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("making keys: secret.age: %w", fs.ErrExist)
	}
	secret, card, err := vault.NewAdvocate(id, name, org)
	if err != nil {
		return nil, err
	}
	p, err := passphrase()
	if err != nil {
		return nil, err
	}
	return card, h.keepKeys(secret, card, p)
}

// Open opens the desk in folder. Errors: ErrNoHome (before the passphrase is asked for), ErrInUse, vault.ErrPassphrase.
func Open(folder string, passphrase func() (string, error), now func() time.Time) (*Desk, error) {
	sealed, err := os.ReadFile((&home{dir: folder}).path("secret.age"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening %s: %w", folder, ErrNoHome)
	}
	if err != nil {
		return nil, fmt.Errorf("opening desk: %w", err)
	}
	p, err := passphrase()
	if err != nil {
		return nil, err
	}
	me, err := readSecret(sealed, p)
	if err != nil {
		return nil, err
	}
	h, err := openHome(folder, false)
	if err != nil {
		return nil, err
	}
	// While she typed, another program may have changed her keys; nobody does from here on.
	if now, err := h.read("secret.age"); err != nil || !bytes.Equal(now, sealed) {
		if me, err = readSecret(now, p); err != nil {
			h.close()
			return nil, err
		}
	}
	return start(h, me, p, now)
}

func readSecret(sealed []byte, passphrase string) (*vault.Advocate, error) {
	text, err := vault.Open(sealed, passphrase)
	if err != nil {
		return nil, fmt.Errorf("secret.age: %w", err)
	}
	me, err := vault.ParseAdvocate(text)
	if err != nil {
		return nil, fmt.Errorf("secret.age: %w", err)
	}
	return me, nil
}

// start begins to work in a folder that is locked.
func start(h *home, me *vault.Advocate, passphrase string, now func() time.Time) (*Desk, error) {
	d := &Desk{home: h, me: me, passphrase: passphrase, now: now}
	if err := d.load(); err != nil {
		h.close()
		return nil, fmt.Errorf("opening desk: %w", err)
	}
	return d, nil
}

// Close lets go of the folder. The desk can do nothing after that.
func (d *Desk) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	return errors.Join(d.saveIndex(), d.home.close())
}

// ID is the advocate's id.
func (d *Desk) ID() string { return d.me.ID }

// Joined says whether Join has succeeded here.
func (d *Desk) Joined() bool { return d.roster != nil }

func (d *Desk) load() error {
	text, err := d.home.read("box.json")
	if err != nil {
		return err
	}
	if text != nil {
		if err := json.Unmarshal(text, &d.box); err != nil {
			return fmt.Errorf("box.json: %w", err)
		}
		if d.roster, err = d.box.Seen(); err != nil {
			return fmt.Errorf("box.json: %w", err)
		}
	}
	if err := errors.Join(d.loadFormer(), d.settleCards(d.cardFile())); err != nil {
		return err
	}
	if d.read, err = d.home.readHashes("read"); err != nil {
		return err
	}
	if d.forgotten, err = d.home.readHashes("forgotten"); err != nil {
		return err
	}
	d.notices = d.loadJunk()
	index := d.readIndex()
	if d.mail, err = d.loadItems("mail", index); err != nil {
		return err
	}
	if d.sent, err = d.loadItems("sent", index); err != nil {
		return err
	}
	d.indexed = hashes{}
	for hash := range index {
		d.indexed[hash] = true
	}
	for _, it := range slices.Concat(d.mail, d.sent) {
		if !it.indexed { // if the index has it, then not as it should be
			delete(d.indexed, it.hash)
		}
	}
	d.notices = append(d.notices, d.dropGone()...) // as far as it was not done before
	return nil
}

// server is the client for the server of this desk.
func (d *Desk) server() (*client.Client, error) {
	return d.dial(d.box.Server, d.box.Proxy)
}

func (d *Desk) dial(server, proxy string) (*client.Client, error) {
	if d.transport != nil {
		return client.New(server, &http.Client{Transport: d.transport})
	}
	return client.Dial(server, proxy)
}

func (d *Desk) mailbox() (*client.Mailbox, error) {
	if !d.Joined() {
		return nil, ErrNotJoined
	}
	c, err := d.server()
	if err != nil {
		return nil, err
	}
	return c.SignIn(d.me.ID, d.me.Signin, dropbox.BoxID(d.roster.Box), d.now), nil
}
