package window

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// visits are the requests on their way. While there is one the desk does not lock by itself; after the last one the time counts from anew.
type visits struct {
	after func(time.Duration, func()) (stop func() bool)
	now   func() time.Time
	idle  time.Duration
	lock  func()

	mu      sync.Mutex // protects all below
	running map[*visit]context.CancelFunc
	since   time.Time   // when the last one ended, by the calendar
	stop    func() bool // of the clock; nil while it does not run
	ended   bool
}

// begin stops the clock, and gives a request a context that interrupt ends. If the time was over it locks first: a clock stands still in a laptop that
// is asleep.
func (s *visits) begin(v *visit) context.Context {
	ctx, cancel := context.WithCancel(v.Request.Context())
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.running) == 0 && !s.since.IsZero() && s.now().Round(0).Sub(s.since) > s.idle {
		s.lock() // waits for no request: there is none
	}
	s.running[v] = cancel
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	return ctx
}

func (s *visits) finish(v *visit) {
	s.mu.Lock()
	s.running[v]()
	delete(s.running, v)
	s.mu.Unlock()
	s.rest()
}

// rest starts the clock, unless somebody is there.
func (s *visits) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.running) == 0 && s.stop == nil && !s.ended {
		s.since = s.now().Round(0) // Round takes the monotonic clock out
		s.stop = s.after(s.idle, s.over)
	}
}

// over locks, unless somebody came at the last moment.
func (s *visits) over() {
	s.mu.Lock()
	busy := len(s.running) > 0
	s.mu.Unlock()
	if !busy {
		s.lock()
	}
}

// interrupt ends all that is on its way but v.
func (s *visits) interrupt(v *visit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, cancel := range s.running {
		if other != v {
			cancel()
		}
	}
}

// end stops the clock for good.
func (s *visits) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended = true; s.stop != nil {
		s.stop()
	}
}

// patient is a browser that takes its answer, each piece within a minute, and at once when somebody interrupts: one that does not, as it does with a
// download that she paused, would hold up the lock for ever.
type patient struct {
	http.ResponseWriter
	ctx context.Context
}

func (p patient) Write(b []byte) (int, error) {
	p.wait()
	return p.ResponseWriter.Write(b)
}

func (p patient) wait() {
	c := http.NewResponseController(p.ResponseWriter)
	if c.SetWriteDeadline(time.Now().Add(time.Minute)); p.ctx.Err() != nil { // in this order: it may happen in between
		c.SetWriteDeadline(time.Now().Add(2 * time.Second))
	}
}

// Unwrap is for http.ResponseController.
func (p patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
