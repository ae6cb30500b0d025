package web

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/julienschmidt/httprouter"

	"tellbox/dropbox"
)

// show answers with a page. What every page has is filled in here.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, v *view) {
	roster := s.roster.Load()
	v.Box, v.Version, v.Expires = roster.Name, roster.Version, dropbox.Today(roster.Expires)
	v.Expired = roster.Expired(s.Now())
	if v.Exit == "" {
		v.Exit = "/exit"
	}
	if v.Lang == "" {
		v.Lang = r.URL.Query().Get("lang")
	}
	v.Lang = s.render.tongue(v.Lang).tag.String()
	v.Lines = roster.linesAt(s.Now())
	v.People, v.Vouchers, v.Threshold = roster.persons, roster.vouchers, roster.keyholders.Threshold
	if sel := v.Selection(); sel != nil && len(sel.struck) > 0 {
		v.People = slices.Clone(v.People)
		for i := range v.People {
			v.People[i].Struck = sel.struck[v.People[i].ID]
		}
	}
	if (v.Form != nil || v.Conversation != nil && v.Conversation.Message.Ticket != "") && !s.Store.FilesFull() {
		v.FileLimit = s.MaxFile
	}
	if s.Prompts != nil {
		s.Prompts.ask(v, v.Lang)
	}
	page, err := s.render.page(v.Lang, v)
	if err != nil {
		s.log("a page could not be made; this is a flaw in the program")
		http.Error(w, "This page cannot be shown now. Please try again.", http.StatusInternalServerError)
		return
	}
	page = packed(w, r, page)
	w.Header().Set("Content-Security-Policy", policy+scriptPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	s.answerTime(w, len(page))
	w.WriteHeader(status)
	w.Write(page)
}

// answerTime bounds how long somebody may take to read an answer of that many bytes.
func (s *Server) answerTime(w http.ResponseWriter, size int) {
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(bodyTime(int64(size))))
}

// page answers with a public page.
func (s *Server) page(name string) httprouter.Handle {
	return func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
		s.show(w, r, http.StatusOK, &view{Page: name})
	}
}

// poster is for the operator to print: who reads, who vouches, and where this is, by the name it was just asked for.
func (s *Server) poster(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
	v := &view{Page: "poster", Address: r.Host, Onion: strings.HasSuffix(r.Host, ".onion")}
	if strings.Trim(v.Address, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") != "" {
		v.Address = ""
	}
	s.show(w, r, http.StatusOK, v)
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	v := &view{Page: "problem", Problem: &problem{Token: "not-found"}}
	s.show(w, r, http.StatusNotFound, v)
}

// rosterText is the signed text itself, for whoever wants to verify it.
func (s *Server) rosterText(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write(s.roster.Load().Bytes())
}

// exit ends the sitting and leads away. The two-second cookie is the only one this server ever sets: changing cookies is what makes
// Chromium drop its back-forward cache for pages that say no-store.
func (s *Server) exit(w http.ResponseWriter, r *http.Request, p httprouter.Params) {
	s.tickets.end(p.ByName("sitting"))
	http.SetCookie(w, &http.Cookie{Name: "x", Value: "1", Path: "/", MaxAge: 2, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, s.Exit, http.StatusSeeOther)
}

func newSending() string {
	var n dropbox.Sending
	rand.Read(n[:])
	return n.String()
}
