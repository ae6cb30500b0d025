module tellbox

go 1.26.0

// The frame the project was given.
require (
	filippo.io/age v1.3.2 // sealing: the format that anybody can open without us
	github.com/dgraph-io/badger/v4 v4.9.6 // the store; not older, deleted keys could come back
	github.com/julienschmidt/httprouter v1.3.0 // routes
	golang.org/x/crypto v0.58.0 // XChaCha20-Poly1305 for tickets
)

require (
	github.com/nicksnyder/go-i18n/v2 v2.7.0 // catalogues with plural forms
	golang.org/x/mod v0.42.0 // sumdb/note: signatures on texts
	golang.org/x/net v0.62.0 // netutil: a limit on connections; html, in tests and the demo
	golang.org/x/sync v0.24.0 // semaphore: a limit on memory for bodies
	golang.org/x/sys v0.49.0 // no core dumps, free disk space
	golang.org/x/term v0.47.0 // passphrases without echo
	golang.org/x/text v0.43.0 // language matching, as go-i18n uses it
)

// Tests only: a browser.
require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
)

require (
	filippo.io/edwards25519 v1.2.0 // indirect
	filippo.io/hpke v0.4.0 // indirect
	filippo.io/nistec v0.0.4 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dgraph-io/ristretto/v2 v2.2.0 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/go-logr/logr v1.4.3 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/google/flatbuffers v25.2.10+incompatible // indirect
	github.com/klauspost/compress v1.18.0 // indirect
	go.opentelemetry.io/auto/sdk v1.2.1 // indirect
	go.opentelemetry.io/otel v1.41.0 // indirect
	go.opentelemetry.io/otel/metric v1.41.0 // indirect
	go.opentelemetry.io/otel/trace v1.41.0 // indirect
	google.golang.org/protobuf v1.36.7 // indirect
)

// Tests only: the public age program, to open envelopes with.
tool (
	filippo.io/age/cmd/age
	filippo.io/age/cmd/age-keygen
)
