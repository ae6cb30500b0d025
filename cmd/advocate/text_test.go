package main

import (
	"os/exec"
	"strings"
	"testing"
)

// Programs for different people hold different secrets: this one never links the server's store.
func TestLinksNoStore(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		for _, no := range []string{"badger", "tellbox/dropbox/store", "tellbox/dropbox/web", "testing"} {
			if strings.Contains(line, no) {
				t.Errorf("advocate links %s", line)
			}
		}
	}
}
