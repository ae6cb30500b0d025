package terminal

import (
	"errors"
	"fmt"
	"time"

	"tellbox/dropbox/client"
)

// Again is the hint of all that may succeed later.
const Again = "try again in a while; nothing is lost, and nothing is sent twice"

// explainServer explains what an address or a server's refusal has to say, or returns nil.
func explainServer(err error) *Failure {
	if a, ok := errors.AsType[*client.AddressError](err); ok {
		return &Failure{Refused, a.Token + "-address", addressHints[a.Token], err}
	}
	e, ok := errors.AsType[*client.Error](err)
	switch {
	case !ok:
		return nil
	case e.Token == "signature":
		hint := "check this computer's clock"
		if !e.ServerTime.IsZero() {
			hint = fmt.Sprintf("the server's clock says %s, yours %s; set the one that is wrong", clock(e.ServerTime), clock(time.Now()))
		}
		return &Failure{Refused, "signature", hint, err}
	case e.Later():
		token := e.Token
		if token == "" {
			token = "busy"
		}
		return &Failure{Later, token, Again, err}
	case e.Token == "":
		return &Failure{Refused, "answer", "check the address: something else may have answered", err}
	}
	return &Failure{Refused, e.Token, "", err}
}

var addressHints = map[string]string{
	"server": "it begins with https://, or with http:// for an onion address or this machine",
	"http":   "use https://, or the drop-box's onion address",
	"onion":  "start Tor and add -proxy socks5://127.0.0.1:9050 (Tor Browser: 9150)",
	"proxy":  "Tor listens on socks5://127.0.0.1:9050, Tor Browser on socks5://127.0.0.1:9150",
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
