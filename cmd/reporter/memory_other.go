//go:build !linux

package main

// memoryFolder finds none: what an editor writes here is on the disk.
func memoryFolder() (string, error) { return "", errNoMemory }
