//go:build !linux

package main

import "golang.org/x/sys/unix"

// harden keeps what is in memory out of core dumps.
func harden() { unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
