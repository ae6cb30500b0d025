package web

import "context"

// Strain takes all memory for bodies, and lets requests wait for it, until it is released.
func (s *Server) Strain(ctx context.Context) (release func(), err error) {
	if err := s.memory.Acquire(ctx, bodyMemory); err != nil {
		return nil, err
	}
	s.waiting.Add(maxWaiting + 1)
	return func() {
		s.waiting.Add(-maxWaiting - 1)
		s.memory.Release(bodyMemory)
	}, nil
}

// Ended is how many sittings are remembered as left.
func (s *Server) Ended() int {
	s.tickets.mu.Lock()
	defer s.tickets.mu.Unlock()
	return len(s.tickets.ended)
}

// StrainUploads takes all uploads that there may be, until they are released.
func (s *Server) StrainUploads(ctx context.Context) (release func()) {
	s.uploads.Acquire(ctx, maxUploads)
	return func() { s.uploads.Release(maxUploads) }
}

// HasMemory says whether n bytes of that for bodies are free now.
func (s *Server) HasMemory(n int64) bool {
	ok := s.memory.TryAcquire(n)
	if ok {
		s.memory.Release(n)
	}
	return ok
}

// BodyMemory is all there is.
const BodyMemory = bodyMemory
