package main

import "testing"

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "500M": 500 << 20, "2g": 2 << 30, "16K": 16 << 10,
		"": 0, "0": 0, "-1": 0, "M": 0, "1MM": 0, "1T": 0, "1.5G": 0, "9999999999G": 0, "2G ": 0} {
		var n int64
		err := size{&n}.Set(text)
		if (err == nil) != (want > 0) || n != want {
			t.Errorf("%q: got %d, %v; want %d", text, n, err, want)
		}
	}
}
