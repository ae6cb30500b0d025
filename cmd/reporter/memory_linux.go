package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// memoryFolder finds a folder whose files are in memory alone. (Memory may be swapped to a disk, as all of it may.)
func memoryFolder() (string, error) {
	for _, folder := range []string{os.Getenv("XDG_RUNTIME_DIR"), "/dev/shm"} {
		var fs unix.Statfs_t
		if folder != "" && unix.Statfs(folder, &fs) == nil && fs.Type == unix.TMPFS_MAGIC && unix.Access(folder, unix.W_OK) == nil {
			return folder, nil
		}
	}
	return "", errNoMemory
}
