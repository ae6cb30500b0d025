//go:build !linux

package terminal

import "golang.org/x/sys/unix"

// Harden keeps what is in memory out of core dumps.
func Harden() { unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
