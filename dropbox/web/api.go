package web

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"

	"github.com/julienschmidt/httprouter"

	"tellbox/dropbox"
)

// maxParcel bounds an API body in bytes: nine envelopes and a line of the largest bucket, or as much padding, and their headers.
var maxParcel = 12 * dropbox.MaxEnvelope

// apiHandle answers a program; what it returns is sent as JSON, or as the page's status with a token.
type apiHandle func(r *http.Request, body []byte, p httprouter.Params) (any, error)

// api reads the body of a request from a reporter's program.
func (s *Server) api(handle apiHandle) httprouter.Handle {
	return s.sameSite(s.bounded(int64(maxParcel), func(w http.ResponseWriter, r *http.Request, p httprouter.Params) {
		s.answer(w, r, p, handle)
	}))
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, p httprouter.Params, handle apiHandle) {
	body := &limited{r: r.Body, left: maxParcel}
	b, err := readAll(body, r.ContentLength)
	if body.large {
		err = errTooLarge
	} else if err != nil {
		err = errForm
	}
	var answer any
	if err == nil {
		answer, err = handle(r, b, p)
	}
	if err != nil {
		drain(r)
		s.apiRefuse(w, s.problemFrom(err))
		return
	}
	s.apiAnswer(w, http.StatusOK, answer)
}

// readAll reads a body into one piece of its size, where that is known: growing would take twice as much.
func readAll(r io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	if size > 0 && size <= int64(maxParcel) {
		b.Grow(int(size) + bytes.MinRead)
	}
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}

// signedHandle is an apiHandle that knows which reader asks.
type signedHandle func(r *http.Request, reader string, body []byte, p httprouter.Params) (any, error)

// signed admits advocates and the ombudsperson. A replay within the window repeats what changes nothing.
func (s *Server) signed(handle signedHandle) httprouter.Handle {
	return s.bounded(int64(maxParcel), func(w http.ResponseWriter, r *http.Request, p httprouter.Params) {
		s.answer(w, r, p, func(r *http.Request, body []byte, p httprouter.Params) (any, error) {
			roster := s.roster.Load()
			a, err := dropbox.ParseAuthorization(r.Header.Get("Authorization"))
			if err != nil {
				return nil, problemOf("signature")
			}
			reader, ok := roster.Reader(a.ID)
			if _, receives := roster.reader(a.ID); !ok || !receives ||
				a.Verify(reader.Signin, r.Method, r.URL.RequestURI(), body, s.Now(), roster.Box) != nil {
				return nil, problemOf("signature")
			}
			return handle(r, a.ID, body, p)
		})
	})
}

func (s *Server) apiRoster(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) {
	roster := s.roster.Load()
	s.apiAnswer(w, http.StatusOK, dropbox.RosterAnswer{Keyholders: string(roster.chain), Roster: string(roster.Bytes())})
}

// apiPrompts answers with the questions of the form, in the language that lang names.
func (s *Server) apiPrompts(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
	tongue := s.render.tongue(r.URL.Query().Get("lang"))
	var asked []promptView
	for _, id := range s.Prompts.ids() {
		asked = append(asked, promptView{ID: id})
	}
	if s.Prompts != nil {
		s.Prompts.askFor(asked, tongue.tag.String())
	}
	answer := dropbox.PromptsAnswer{Prompts: []dropbox.Question{}}
	for _, p := range asked {
		question, err := tongue.ask(p)
		if err != nil {
			s.apiRefuse(w, s.problemFrom(err))
			return
		}
		answer.Prompts = append(answer.Prompts, dropbox.Question{ID: p.ID, Question: question})
	}
	s.apiAnswer(w, http.StatusOK, answer)
}

// readParcel reads a parcel, and holds its addressees to the roster unless its very sending is known: what is stored
// has an answer, whatever changed since. With Again and Gone there is nothing left to do.
func (s *Server) readParcel(r *http.Request, body []byte) (*dropbox.Parcel, *Roster, dropbox.Outcome, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, nil, 0, errForm
	}
	p, err := dropbox.ReadParcel(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	if err != nil {
		return nil, nil, 0, errForm // all the bytes are here, so whatever is wrong is the form
	}
	known, err := s.Store.Sent(r.Context(), p.Sending, p.Digest)
	if err != nil || known == dropbox.Again || known == dropbox.Gone {
		return p, nil, known, err
	}
	roster := s.roster.Load()
	for _, id := range p.Readers() {
		if _, ok := roster.reader(id); !ok {
			return nil, nil, 0, problemOf("readers-changed")
		}
	}
	if p.Locator != (dropbox.Locator{}) && p.Roster != roster.Version {
		return nil, nil, 0, problemOf("readers-changed")
	}
	return p, roster, known, nil
}

func (s *Server) stored(ctx context.Context, p *dropbox.Parcel, outcome dropbox.Outcome, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if outcome == dropbox.Gone {
		return nil, problemOf("used-ticket")
	}
	missing, err := s.Store.Unclaimed(ctx, p.Blobs)
	if err != nil { // it is stored all the same, and nothing else may be said of it
		missing = p.Blobs
	}
	return dropbox.StoredAnswer{Stored: true, Again: outcome == dropbox.Again, Missing: notNull(missing)}, nil
}

// apiParcel takes what a reporter's program sealed: a report or a follow-up, which look alike from here.
func (s *Server) apiParcel(r *http.Request, body []byte, _ httprouter.Params) (any, error) {
	p, roster, known, err := s.readParcel(r, body)
	if err != nil || known == dropbox.Again || known == dropbox.Gone {
		return s.stored(r.Context(), p, known, err)
	}
	if p.Locator == (dropbox.Locator{}) || p.Line == nil {
		return nil, errForm
	}
	if roster.Expired(s.Now()) && len(p.To) > 0 { // without, it is for herself alone, and needs nobody to be vouched for
		if _, err := s.Store.Lines(r.Context(), p.Drop); errors.Is(err, dropbox.ErrNothing) {
			return nil, problemOf("roster-expired")
		}
	}
	// A drop that is new is a report: of its box the store knows from the start who was handed what.
	outcome, err := s.Store.Put(r.Context(), p, true)
	if errors.Is(err, dropbox.ErrTaken) {
		outcome, err = s.Store.Put(r.Context(), p, false)
	}
	return s.stored(r.Context(), p, outcome, err)
}

// apiPickup answers with her lines, padded so that their number does not show.
func (s *Server) apiPickup(r *http.Request, body []byte, _ httprouter.Params) (any, error) {
	locator, err := readLocator(r, body)
	if err != nil {
		return nil, errForm
	}
	lines, err := s.Store.Lines(r.Context(), dropbox.DropOf(locator))
	if err != nil {
		return nil, err
	}
	answer := dropbox.PickupAnswer{Lines: lines.Lines, Ends: lines.Ends, Whole: lines.Whole}
	bare, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	size := len(bare) + 1 // and the newline
	answer.Pad = string(bytes.Repeat([]byte{'.'}, dropbox.PickupSize(size)-size))
	return answer, nil
}

func readLocator(r *http.Request, body []byte) (dropbox.Locator, error) {
	f := &form{Values: url.Values{}}
	if err := f.read(r, bytes.NewReader(body)); err != nil {
		return dropbox.Locator{}, err
	}
	return dropbox.ParseHex32(f.Get("locator"))
}

func (s *Server) apiWithdraw(r *http.Request, body []byte, _ httprouter.Params) (any, error) {
	p, _, known, err := s.readParcel(r, body)
	if err != nil {
		return nil, err
	}
	if known == dropbox.Again || known == dropbox.Gone {
		return nil, problemOf("used-ticket")
	}
	if p.Locator == (dropbox.Locator{}) || p.Line != nil {
		return nil, errForm
	}
	erased, err := s.Store.Withdraw(r.Context(), p)
	if errors.Is(err, dropbox.ErrGone) {
		return nil, problemOf("used-ticket")
	}
	if err != nil {
		return nil, err
	}
	return dropbox.WithdrawAnswer{Deleted: notNull(erased.Deleted), Asked: notNull(erased.Asked)}, nil
}

func notNull[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// apiMail answers with a page of the mailbox. That it was handed out is durable before it leaves.
func (s *Server) apiMail(r *http.Request, reader string, _ []byte, _ httprouter.Params) (any, error) {
	limit := 20
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, errForm
		}
		limit = min(n, 100)
	}
	mail, next, err := s.Store.Mail(r.Context(), reader, r.URL.Query().Get("after"), limit)
	if err != nil {
		return nil, err
	}
	answer := dropbox.MailAnswer{Entries: []dropbox.MailEntry{}, Next: next}
	for _, m := range mail {
		answer.Entries = append(answer.Entries, dropbox.MailEntry(m))
	}
	return answer, nil
}

func (s *Server) apiAck(r *http.Request, reader string, body []byte, _ httprouter.Params) (any, error) {
	var request dropbox.AckRequest
	if err := json.Unmarshal(body, &request); err != nil || len(request.IDs) > 1000 {
		return nil, errForm
	}
	for _, id := range request.IDs {
		if !validMailID(id) {
			return nil, errForm
		}
	}
	return struct{}{}, s.Store.Ack(r.Context(), reader, request.IDs)
}

func (s *Server) apiDelete(r *http.Request, reader string, _ []byte, p httprouter.Params) (any, error) {
	id := p.ByName("id")
	if !validMailID(id) {
		return nil, dropbox.ErrNothing
	}
	found, err := s.Store.Delete(r.Context(), reader, id)
	if err == nil && !found {
		err = dropbox.ErrNothing
	}
	return struct{}{}, err
}

func validMailID(id string) bool {
	_, err := hex.DecodeString(id)
	return err == nil && len(id) == 32
}

// apiReply takes a reader's reply: a line to her, who is known by her drop alone, and copies to co-readers.
func (s *Server) apiReply(r *http.Request, reader string, body []byte, _ httprouter.Params) (any, error) {
	p, _, known, err := s.readParcel(r, body)
	if err != nil || known == dropbox.Again || known == dropbox.Gone {
		return s.stored(r.Context(), p, known, err)
	}
	if p.Locator != (dropbox.Locator{}) || p.Line == nil || p.Keep != 0 {
		return nil, errForm
	}
	for _, id := range p.Readers() {
		if id == reader {
			return nil, errForm
		}
	}
	outcome, err := s.Store.Reply(r.Context(), reader, p)
	return s.stored(r.Context(), p, outcome, err)
}
