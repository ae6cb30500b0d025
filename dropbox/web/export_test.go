package web

import "context"

// Strain takes all memory for bodies, and lets requests wait for it, until it is released.
func (s *Server) Strain(ctx context.Context) (release func(), err error) {
	if err := s.memory.Acquire(ctx, bodyMemory); err != nil {
		return nil, err
	}
	s.waiting.Add(5)
	return func() {
		s.waiting.Add(-5)
		s.memory.Release(bodyMemory)
	}, nil
}
