package terminal

import (
	"golang.org/x/sys/unix"
)

// Harden keeps what is in memory out of core dumps, and from other programs of the same user. Without it the program works as
// well: a refusal by the system is no reason not to go on.
func Harden() {
	unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
}
