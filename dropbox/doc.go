// Package dropbox is the promise: how a report is sealed, and who can open it.
//
// A reporter's program (the server's page without script is one, inside the server) turns what she writes into a
// Parcel: one age file (an envelope) to each reader and one (a line) to herself. The server keeps those, and
// nothing else of hers but one-way images of where they belong. Readers open envelopes on their own machines; her pickup
// Code opens her lines.
//
// What it guarantees, with everything that a parcel passes through in an attacker's hands:
//
//   - only the chosen readers read an envelope, and only she reads a line (age with ML-KEM-768 and X25519);
//   - nobody speaks as her to a reader who has her report, nor to her as a reader, not even another of her readers, but for one whom that
//     other has added himself; she is told who added whom;
//   - a frame that was altered, cut, repeated, or moved to another box, case or addressee is not believed;
//   - only who can open a frame opens the files it names, and a file that was cut, changed or exchanged does not open;
//   - all age files of a parcel have one of four lengths, and all parcels of hers with such files one, whatever was said, kept, and to whom.
//
// What it does not: that anything arrives (a gap shows only when something later does); that a first report comes from
// any particular person; secrecy against a reader who talks; secrecy of old envelopes once a reader's identity is stolen (age
// has no forward secrecy); anything once her code is known to another.
//
// # Code and derivation
//
// A code is 12 random bytes. With a 7-bit checksum, the first 7 bits of its SHA-256, it is a number of 103 bits, written in base
// 7513 as eight words of words.txt, most significant first. Everything else is HKDF-SHA256(ikm = the 12 bytes, salt = box id,
// info = "tellbox/1 " + label), 32 bytes for each of the labels locator, identity, thread, self and consent. The
// identity is Bech32("AGE-SECRET-KEY-PQ-", …), an age hybrid identity. drop = SHA-256("tellbox/1 drop" ‖ locator). The key between
// her and a reader is HMAC-SHA256(thread, "reader " ‖ id), and that of a reader whom another has added HMAC-SHA256(the other's key,
// "reader " ‖ id). For example (testdata/vectors.json has all of it):
//
//	entropy        000102030405060708090a0b
//	words          abacus cascade deodorant liberty lair hydrant dry hedge
//	box id         000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
//	locator        ddb5ccb48d731b87488e168930558691e17456834367f7b5aa4863adbd2710e7
//	drop           5bd7dd9548931c3956c36a5576f401ef3c98eb7bd1c03bbf95b88087639c16ac
//	identity seed  664958f9465a3ae7992fe5155f62514d168c140fe54949519c2759d034502662
//	thread         1ab29f225a0fa32219e9215cebc965c36b8cfa04e83e07acb883c0c8c2ae3fdf
//	self           103a04f2548704a654a3199d9294d9aa52ce585e61c93f49ad777fba9eafa129
//	consent seed   29300bd2f6094442a9b379bd40d4d52e7efedbd775d3f32b640b25ad95cc4f47
//	alice's key    8d50da03805a82f8d4ec9888a79e5e2313826c322987a7bdd5b9aecdd52e0805
//
// # Frames
//
// What an age file holds is drawn at Frame. With the keys above, her second frame to alice is, before it is filled up with
// spaces to 16,384 bytes:
//
//	tellbox/1 message
//	mac a35485a11efec5c2353dd476af59f044a56f3288842e1d0b0c6c37bd492ddd4e
//
//	{"box":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","drop":"5bd7dd9548931c3956c36a5576f401ef3c98eb7bd1c03bbf95b88087639c16ac","from":"reporter","to":"alice","id":"02020202020202020202020202020202","day":"2026-02-11","count":2,"seen":1,"text":"More","roster":3}
//
// The MAC is over "tellbox/1 message\n" and the JSON. An envelope or line is exactly 1,627 bytes of age header with one
// mlkem768x25519 stanza, 16 bytes of nonce, the frame, and 16 bytes for every 64 KiB of it begun: 18,043, 67,195, 263,851
// or 788,267 bytes. Anything else is refused unseen.
//
// # Files
//
// A file is a blob: an age file of its own to one hybrid identity made for it, whose secret stands in the frames that name it, in the field
// files, beside name, type, size and SHA-256. Before it is sealed, zeros fill it up to a power of two from 256 KiB to 64 MiB, or to whole
// steps of 64 MiB; a blob is 1,643 bytes of header and nonce longer than that, and 16 for every 64 KiB. With a frame opened, and nothing but
// the public age program:
//
//	echo AGE-SECRET-KEY-PQ-1… > key && age -d -i key BLOB | head -c SIZE > file && sha256sum file
//
// Blobs go to the server before the parcel that names them: whole (POST blob), or in pieces under an id that the sender chose (POST
// blob/ID?at=FROM&size=ALL). The parcel lists their ids, and they are kept, and go, with what it brings.
//
// # Parcels and the API
//
// Parcel draws the multipart form in which programs send; testdata/parcel.multipart is one. Limits: nine envelopes, one
// line, MaxEnvelope bytes each, MaxFiles blobs. wire.go has the JSON of the other routes and how advocates sign.
package dropbox
