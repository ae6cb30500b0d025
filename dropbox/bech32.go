package dropbox

import "strings"

// bech32Encode is Bech32 as in BIP 173, without its limit of 90 characters, which age lifts too. It is here because age
// has no public constructor of a hybrid identity from a seed. hrp is upper-case, and so is the result.
func bech32Encode(hrp string, data []byte) string {
	const charset = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
	values := fiveBits(data)
	lower := strings.ToLower(hrp)
	expanded := make([]byte, 0, 2*len(hrp)+1+len(values)+6)
	for i := range len(lower) {
		expanded = append(expanded, lower[i]>>5)
	}
	expanded = append(expanded, 0)
	for i := range len(lower) {
		expanded = append(expanded, lower[i]&31)
	}
	expanded = append(append(expanded, values...), 0, 0, 0, 0, 0, 0)
	sum := bech32Polymod(expanded) ^ 1
	out := []byte(hrp + "1")
	for _, v := range values {
		out = append(out, charset[v])
	}
	for i := range 6 {
		out = append(out, charset[sum>>(5*(5-i))&31])
	}
	return string(out)
}

// fiveBits regroups bytes, most significant bit first, padded with zero bits.
func fiveBits(data []byte) []byte {
	var out []byte
	var acc, bits uint
	for _, b := range data {
		acc, bits = acc<<8|uint(b), bits+8
		for bits >= 5 {
			bits -= 5
			out = append(out, byte(acc>>bits&31))
		}
	}
	if bits > 0 {
		out = append(out, byte(acc<<(5-bits)&31))
	}
	return out
}

func bech32Polymod(values []byte) uint32 {
	generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	chk := uint32(1)
	for _, v := range values {
		top := chk >> 25
		chk = chk&0x1ffffff<<5 ^ uint32(v)
		for i, g := range generator {
			if top>>i&1 == 1 {
				chk ^= g
			}
		}
	}
	return chk
}
