package main

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"tellbox/dropbox/desk"
	pages "tellbox/dropbox/window"
)

// serveDesk is the desk as pages in her browser, until she closes it or stops the program.
func serveDesk(c *call) (any, error) {
	listen := c.flags.String("listen", "127.0.0.1:0", "")
	quiet := c.flags.Bool("no-browser", false, "")
	idle := c.flags.Duration("idle", pages.DefaultIdle, "")
	if err := c.parseFlags(); err != nil {
		return nil, err
	}
	if *idle < time.Second {
		return nil, usage("-idle is a time like 15m, of a second at least")
	}
	l, err := pages.Listen(*listen)
	if err != nil {
		return nil, fmt.Errorf("opening the desk: %w", err)
	}
	defer l.Close()
	var d *desk.Desk
	if *c.passphraseFile != "" {
		if d, err = c.open(); errors.Is(err, desk.ErrNoHome) { // the first page makes a key
			err = nil
		}
		if err != nil {
			return nil, err
		}
	}
	w, err := pages.New(pages.Config{Home: *c.home, Desk: d, Idle: *idle}, l)
	if err != nil {
		return nil, err
	}
	ctx := c.network()
	c.early(map[string]string{"url": w.URL()})
	fmt.Fprintf(c.out, "open %s\n", w.URL())
	if !*quiet {
		if err := browse(w.URL()); err != nil {
			c.note([]string{"No browser could be opened. Open the address above in yours. It works once."})
		}
	}
	return nil, w.Serve(ctx)
}

// browse opens an address with what this system has for that.
func browse(url string) error {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	c := exec.Command(name, args...)
	if err := c.Start(); err != nil {
		return err
	}
	go c.Wait()
	return nil
}
