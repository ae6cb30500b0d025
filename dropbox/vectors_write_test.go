package dropbox

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

func unix(t int64) time.Time { return time.Unix(t, 0) }

func wordsHash() string {
	h := sha256.Sum256([]byte(wordsFile))
	return hex.EncodeToString(h[:])
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func codeVectorOf(t *testing.T, entropy [12]byte, box BoxID) codeVector {
	c := CodeOf(entropy)
	r, err := c.Reporter(box)
	if err != nil {
		t.Fatal(err)
	}
	seed, _ := hkdf.Key(sha256.New, entropy[:], box[:], "tellbox/1 identity", 32)
	return codeVector{
		Entropy: hex.EncodeToString(entropy[:]), Words: c.Words(), Box: box.String(), Locator: r.Locator.String(), Drop: r.Drop.String(),
		IdentitySeed: hex.EncodeToString(seed), Identity: r.identity.String(), Recipient: r.Recipient().String(),
		Thread: hex.EncodeToString(r.thread[:]), Self: hex.EncodeToString(r.self[:]),
		ConsentSeed: hex.EncodeToString(r.consent.Seed()), Consent: hex.EncodeToString(r.consent.Public().(ed25519.PublicKey)),
		ReaderKeys: map[string]string{"alice": r.ReaderKey("alice").String(), "bob-2": r.ReaderKey("bob-2").String()},
	}
}

func frameVectorOf(t *testing.T, name, kind, key string, f Frame, a auth) frameVector {
	plain, err := f.encode(a)
	if err != nil {
		t.Fatal(name, err)
	}
	bucket := bucketFor(len(plain))
	o, err := decode(pad(plain, bucket))
	if err != nil {
		t.Fatal(name, err)
	}
	return frameVector{Name: name, Auth: kind, Key: key, Signed: string(o.signed), Frame: string(plain[:len(plain):len(plain)]), Bucket: bucket}
}

// caseworkVectors are of alice, who says how the case stands, writes to bob-2, and adds carol, who answers.
func caseworkVectors(t *testing.T, base func(kind, from, to string, n byte) Frame, report Frame, carol Hex32, seed []byte) []frameVector {
	signed, signIn := hex.EncodeToString(seed), ed25519.NewKeyFromSeed(seed)
	status := base(Status, "alice", FromReporter, 7)
	status.Turn, status.Status, status.Named, status.Text = 1, "reading", "alice", "I am reading it."
	note := base(Note, "alice", "bob-2", 8)
	note.Consent, note.Text, note.SentTo = report.Consent, "Between us", []string{"bob-2"}
	added := base(Added, "alice", "carol", 9)
	added.Turn, added.Added, added.Roster, added.Readers, added.StruckOff = 2, "carol", report.Roster, report.Readers, report.StruckOff
	added.Recipient, added.Key, added.Consent, added.SentTo, added.Passed = report.Recipient, carol, report.Consent, []string{"bob-2", "carol"}, []Passed{Pass(&report), Pass(&status)}
	reply := base(Reply, "carol", FromReporter, 10)
	reply.Text, reply.Chain = "I am Carol.", []string{"alice"}
	return []frameVector{
		frameVectorOf(t, "status", "mac", report.Key.String(), status, macWith(report.Key)),
		frameVectorOf(t, "note", "sig", signed, note, sigWith(signIn)),
		frameVectorOf(t, "added, to who is added", "sig", signed, added, sigWith(signIn)),
		frameVectorOf(t, "reply of who was added", "mac", carol.String(), reply, macWith(carol)),
	}
}

func writeVectors(t *testing.T) {
	var box BoxID
	for i := range box {
		box[i] = byte(i)
	}
	v := &vectors{Note: "tellbox/1 test vectors; see the package documentation of dropbox. Hex is lower case.", Words: wordsHash(),
		Clean: [][2]string{{"a\r\nb\rc\u2028d\u2029e", "a\nbc\nd\ne"}, {"\u0000a\u001b[2J\u007f\u0085\tb\n", "a[2J\tb\n"}, {"说🫂é", "说🫂é"}}}
	for _, e := range [][12]byte{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {}, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}} {
		v.Codes = append(v.Codes, codeVectorOf(t, e, box))
	}
	her, _ := CodeOf([12]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}).Reporter(box)
	alice := her.ReaderKey("alice")
	base := func(kind, from, to string, n byte) Frame {
		id := hex.EncodeToString([]byte{n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n})
		return Frame{Kind: kind, Box: box, Drop: her.Drop, From: from, To: to, ID: id, Day: "2026-02-11", Count: 1}
	}
	report := base(Report, FromReporter, "alice", 1)
	report.Text, report.About, report.Wish, report.Roster = "What happened: \"quoted\" <b> \\ \n\t说🫂é", "me", "advice", 3
	report.Prompt = []Prompt{{"when", "For years"}}
	report.Readers, report.StruckOff = []string{"alice", "bob-2"}, []string{"dave"}
	report.Recipient, report.Key, report.Consent = her.Recipient().String(), alice, Hex32(her.consent.Public().(ed25519.PublicKey))
	report.Grant = hex.EncodeToString(ed25519.Sign(her.consent, report.granted()))
	line := report
	line.To, line.Recipient, line.Key, line.Consent, line.Grant, line.Text, line.Prompt = FromReporter, "", Hex32{}, Hex32{}, "", "", nil
	record := line
	record.Text, record.Wish, record.Readers, record.Copy = "For myself", Record, nil, true
	share := base(Share, FromReporter, FromReporter, 6)
	share.Count, share.Wish, share.Roster, share.Readers, share.StruckOff = 2, "thinking", 3, line.Readers, line.StruckOff
	message := base(Message, FromReporter, "alice", 2)
	message.Count, message.Seen, message.Roster, message.Text = 2, 1, 3, "More"
	wish := base(Wish, FromReporter, "alice", 3)
	wish.Count, wish.Wish = 3, "complaint"
	reply := base(Reply, "alice", FromReporter, 4)
	reply.Seen, reply.Text = 1, "I have read it."
	copyToBob := reply
	copyToBob.To, copyToBob.Consent = "bob-2", report.Consent
	withdrawn := base(Withdrawn, FromReporter, "alice", 5)
	withdrawn.Count = 4
	seed := make([]byte, 32)
	seed[0] = 9
	signIn, self := ed25519.NewKeyFromSeed(seed), hex.EncodeToString(her.self[:])
	v.Frames = []frameVector{
		frameVectorOf(t, "report", "zeros", "", report, noMAC),
		frameVectorOf(t, "own line", "mac", self, line, macWith(her.self)),
		frameVectorOf(t, "message", "mac", alice.String(), message, macWith(alice)),
		frameVectorOf(t, "wish", "mac", alice.String(), wish, macWith(alice)),
		frameVectorOf(t, "reply", "mac", alice.String(), reply, macWith(alice)),
		frameVectorOf(t, "reply, a co-reader's copy", "sig", hex.EncodeToString(seed), copyToBob, sigWith(signIn)),
		frameVectorOf(t, "withdrawn", "mac", alice.String(), withdrawn, macWith(alice)),
		frameVectorOf(t, "own line of a record", "mac", self, record, macWith(her.self)),
		frameVectorOf(t, "own line of its sharing", "mac", self, share, macWith(her.self)),
	}
	v.Frames = append(v.Frames, caseworkVectors(t, base, report, AddedKey(alice, "carol"), seed)...)
	own := v.Frames[1]
	for _, c := range [][3]string{
		{"unknown key", `{"box"`, `{"x":1,"box"`}, {"__proto__", `{"box"`, `{"__proto__":{},"box"`}, {"duplicate key", `"count":1`, `"count":1,"count":1`},
		{"other case", `"count"`, `"Count"`}, {"null", `"about"`, `"text":null,"about"`}, {"fraction", `"count":1`, `"count":1.0`},
		{"exponent", `"count":1`, `"count":1e0`}, {"minus zero", `"count":1`, `"count":1,"seen":-0`}, {"a zero that is said", `"count":1`, `"count":1,"seen":0`},
		{"an escape that is not needed", `"me"`, `"\\u006de"`}, {"lone surrogate", `"about"`, `"text":"\\ud800","about"`}, {"escaped solidus", `"about"`, `"text":"\\/","about"`},
		{"white space", `,"drop"`, `, "drop"`}, {"byte order mark", `{"box"`, "\ufeff" + `{"box"`}, {"trailing data", `"dave"]`, `"dave"]}{`},
		{"30 February", `"2026-02-11"`, `"2026-02-30"`}, {"carriage returns", "\n", "\r\n"}, {"another version", "tellbox/1", "tellbox/2"}, {"a reserved kind", "tellbox/1 report", "tellbox/1 note"},
		{"upper-case hex", "mac ", "mac A"}, {"no box", `"box":"` + box.String() + `",`, ""},
	} {
		changed := strings.Replace(own.Frame, c[1], c[2], 1)
		if changed == own.Frame {
			t.Fatal(c[0], "changes nothing")
		}
		v.Refused = append(v.Refused, [2]string{c[0], changed})
	}
	words := v.Codes[0].Words
	v.Mistyped = []mistypeVector{{"", "code-length"}, {strings.Join(strings.Fields(words)[:7], " "), "code-length"}, {words + " abacus", "code-length"},
		{strings.Replace(words, "abacus", "abaccus", 1), "code-word"}, {strings.Replace(words, "liberty lair", "lair liberty", 1), "code-checksum"},
		{strings.Replace(words, "liberty", "l\u0130berty", 1), "code-word"}, {strings.Replace(words, "liberty", "\u212aiberty", 1), "code-word"}}
	sealed, err := SealBytes(pad([]byte(own.Frame), own.Bucket), her.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	v.Lines = lineVector{Entropy: v.Codes[0].Entropy, Sealed: hex.EncodeToString(sealed), Frame: own.Frame}

	identity, _ := age.GenerateHybridIdentity()
	envelope, err := SealBytes(pad([]byte(v.Frames[0].Frame), Buckets[0]), identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	p := &Parcel{Roster: 3, Locator: her.Locator, Drop: her.Drop, Sending: Sending{5}, Keep: 2, Line: sealed, To: []Envelope{{"alice", envelope}}}
	p.SetDigest()
	v.Parcel = parcelVector{Boundary: testBoundary, Receivers: []string{"alice", "bob-2"}, File: "parcel.multipart", Identity: identity.String(),
		Reader: "alice", Frame: v.Frames[0].Frame, Digest: p.Digest.String()}
	if err := os.WriteFile("testdata/"+v.Parcel.File, multipartBytes(t, p, v.Parcel.Receivers), 0o644); err != nil {
		t.Fatal(err)
	}
	q := requestVector{Seed: hex.EncodeToString(seed), ID: "alice", Method: "POST", URI: "/api/1/mail/ack", Body: `{"ids":[]}`, Box: box.String(), Time: 1770000000}
	q.Text = string(requestText(q.Method, q.URI, []byte(q.Body), q.Time, box))
	q.Header = SignRequest(q.ID, signIn, q.Method, q.URI, []byte(q.Body), unix(q.Time), box)
	v.Sign = q
	for _, parts := range [][]string{{}, {"a", "", "bc"}} {
		var b [][]byte
		for _, s := range parts {
			b = append(b, []byte(s))
		}
		v.Digest = append(v.Digest, digestVector{Sending{5}.String(), parts, DigestOf(Sending{5}, b...).String()})
	}
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorsFile, append(out, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
