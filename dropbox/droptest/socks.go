package droptest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
)

// Proxy is a SOCKS5 proxy as far as programs here need one (RFC 1928: no authentication, CONNECT to names and addresses). It resolves
// made-up names, records everything that passes, and can be flaky. It is safe for concurrent use.
type Proxy struct {
	Addr string // 127.0.0.1:PORT
	URL  string // socks5://127.0.0.1:PORT

	listener net.Listener
	mu       sync.Mutex // protects what follows, and what passages have recorded
	hosts    map[string]string
	passages []*passage
	flaw     Flaw
	open     map[net.Conn]bool
}

// Passage is one connection through a Proxy.
type Passage struct {
	Asked string // the name or address and the port, as asked for
	Named bool   // it was a name, and not an address
	User  string // name and password by which the client came, "" if it did without
	Sent  []byte // towards the server, all that came even if it was not passed on
	Got   []byte // and from it
}

type passage struct {
	Passage
	begun     bool // the request that Flaw.On means has begun
	sent, got int  // there
}

// Flaw is what goes wrong, from a certain request on, and how often.
type Flaw struct {
	What  Fault
	On    string // how the request begins, as in "POST /api/1/parcel"; Refuse does not look at it
	Bytes int    // so many still pass
	Times int    // so many connections break, and no more
}

// Fault is a way in which a connection breaks.
type Fault int

const (
	Refuse     Fault = iota // it is not made
	CutRequest              // it ends within the request, which the server never has whole
	CutAnswer               // it ends within the answer: the server has done what it was asked
)

// NewProxy starts a proxy that finds the host names at the addresses; what is none of them it does not find.
func NewProxy(hosts map[string]string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{Addr: l.Addr().String(), URL: "socks5://" + l.Addr().String(), listener: l, hosts: hosts, open: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p, nil
}

// Close ends it, and every connection through it.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
	return err
}

// Break lets connections go wrong from now on, instead of what was to go wrong before.
func (p *Proxy) Break(f Flaw) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flaw = f
	for _, c := range p.passages {
		c.begun = false
	}
}

// Unbroken is how many times are left of the flaw.
func (p *Proxy) Unbroken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flaw.Times
}

// Passages are all connections so far, in order, those refused or not found included.
func (p *Proxy) Passages() []Passage {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Passage
	for _, c := range p.passages {
		all = append(all, Passage{c.Asked, c.Named, c.User, bytes.Clone(c.Sent), bytes.Clone(c.Got)})
	}
	return all
}

// Answers of RFC 1928.
var (
	succeeded = []byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	refusing  = []byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0}
	notFound  = []byte{5, 4, 0, 1, 0, 0, 0, 0, 0, 0}
)

func (p *Proxy) serve(client net.Conn) {
	p.keep(client)
	defer p.drop(client)
	c, host, err := greet(client)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.passages = append(p.passages, c)
	to, found := p.hosts[host]
	refuse := p.flaw.Times > 0 && p.flaw.What == Refuse
	if refuse {
		p.flaw.Times--
	}
	p.mu.Unlock()
	if refuse {
		client.Write(refusing)
		return
	}
	if !found {
		client.Write(notFound)
		return
	}
	server, err := net.Dial("tcp", to)
	if err != nil {
		client.Write(refusing)
		return
	}
	p.keep(server)
	defer p.drop(server)
	client.Write(succeeded)
	ended := make(chan struct{}, 2)
	for _, way := range []struct {
		from, to net.Conn
		record   func(*passage, []byte) ([]byte, bool)
	}{{client, server, p.asked}, {server, client, p.answered}} {
		go func() {
			defer func() { ended <- struct{}{} }()
			b := make([]byte, 32<<10)
			for whole := true; whole; {
				n, err := way.from.Read(b)
				var pass []byte
				pass, whole = way.record(c, b[:n])
				if _, failed := way.to.Write(pass); err != nil || failed != nil {
					return
				}
			}
		}()
	}
	<-ended // then the other way ends too
}

// greet reads the client's hello and what it asks for.
func greet(client net.Conn) (c *passage, host string, err error) {
	read := func(n int) []byte {
		b := make([]byte, n)
		if err == nil {
			_, err = io.ReadFull(client, b)
		}
		return b
	}
	hello := read(2)
	methods, user := read(int(hello[1])), ""
	switch {
	case err != nil || hello[0] != 5 || !slices.Contains(methods, 0):
		return nil, "", errors.Join(err, errors.New("no SOCKS5 without authentication"))
	case slices.Contains(methods, 2): // as Tor does, which takes whatever name it is told (RFC 1929)
		client.Write([]byte{5, 2})
		user = string(read(int(read(2)[1])))
		user += ":" + string(read(int(read(1)[0])))
		client.Write([]byte{1, 0})
	default:
		client.Write([]byte{5, 0})
	}
	head := read(4)
	switch head[3] {
	case 1:
		host = net.IP(read(net.IPv4len)).String()
	case 3:
		host = string(read(int(read(1)[0])))
	case 4:
		host = net.IP(read(net.IPv6len)).String()
	}
	port := read(2)
	if err != nil || head[0] != 5 || head[1] != 1 || host == "" {
		return nil, "", errors.Join(err, errors.New("no CONNECT"))
	}
	asked := net.JoinHostPort(host, fmt.Sprint(int(port[0])<<8|int(port[1])))
	return &passage{Passage: Passage{Asked: asked, Named: head[3] == 3, User: user}}, host, nil
}

// asked records a piece of a request, and says how much of it passes and whether the connection goes on.
func (p *Proxy) asked(c *passage, b []byte) (pass []byte, whole bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := len(c.Sent)
	c.Sent = append(c.Sent, b...)
	if from := max(0, before-len(p.flaw.On)); !c.begun && p.flaw.Times > 0 {
		if i := bytes.Index(c.Sent[from:], []byte(p.flaw.On)); i >= 0 {
			c.begun, c.sent, c.got = true, from+i, len(c.Got)
		}
	}
	return p.cut(c, CutRequest, b, before, c.sent)
}

// answered does so with a piece of an answer.
func (p *Proxy) answered(c *passage, b []byte) (pass []byte, whole bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := len(c.Got)
	c.Got = append(c.Got, b...)
	return p.cut(c, CutAnswer, b, before, c.got)
}

// cut leaves of b, which began at before, what passes if the flaw counts from there.
func (p *Proxy) cut(c *passage, what Fault, b []byte, before, from int) ([]byte, bool) {
	left := from + p.flaw.Bytes - before
	if !c.begun || p.flaw.Times == 0 || p.flaw.What != what || len(b) <= left {
		return b, true
	}
	p.flaw.Times--
	return b[:max(0, left)], false
}

func (p *Proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[c] = true
}

func (p *Proxy) drop(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}
