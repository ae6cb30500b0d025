package main

import (
	"errors"
	"strings"

	"tellbox/dropbox/client"
)

// torBrowser is where Tor listens while Tor Browser is open.
const torBrowser = "socks5://127.0.0.1:9150"

// dial takes the address of the drop-box as it was given. A person is asked for what is missing, and again if it is no address.
func (c *call) dial(b *box) (err error) {
	for {
		if b.now.Server == "" {
			if b.now.Server, err = c.askServer(); err != nil {
				return err
			}
		}
		b.Client, err = client.Dial(b.now.Server, b.now.Proxy)
		e, address := errors.AsType[*client.AddressError](err)
		switch {
		case !address, !c.asks, e.Token == "proxy":
			return err
		case e.Token == "onion":
			if b.now.Proxy, err = c.askTor(); err != nil {
				return err
			}
		default:
			f := explain(err)
			c.para(sentence(f.Error()), sentence(f.Hint))
			b.now.Server = ""
		}
	}
}

// askServer asks for the address. Without https:// in front it is taken as meant.
func (c *call) askServer() (string, error) {
	for {
		server, err := c.ask("The address of the drop-box, as on the poster (it ends in .onion, or begins with https://): ")
		if err != nil {
			return "", err
		}
		c.say("")
		host, _, _ := strings.Cut(server, "/")
		switch {
		case server == "":
			c.say("Please type or paste the address. Ctrl-D stops.")
		case strings.Contains(server, "://"):
			return server, nil
		case strings.HasSuffix(strings.ToLower(host), ".onion"):
			return "http://" + server, nil
		default:
			return "https://" + server, nil
		}
	}
}

// askTor asks for Tor's address. It is on this machine, whoever asks.
func (c *call) askTor() (string, error) {
	c.para("This address is reached through Tor. If you have Tor Browser, open it now, press Connect, and leave it open.")
	proxy, err := c.choose("Which Tor is it?", []option{{torBrowser, "Tor Browser, which is open", ""}, {"socks5://127.0.0.1:9050", "Tor, which runs by itself", ""}}, torBrowser)
	return proxy, err
}
