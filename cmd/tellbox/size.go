package main

import (
	"errors"
	"strconv"
	"strings"
)

// size is a flag of bytes: 1048576, 1024K, 500M, 2G.
type size struct{ bytes *int64 }

var units = map[string]int64{"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

func (s size) String() string {
	if s.bytes == nil || *s.bytes == 0 {
		return ""
	}
	return strconv.FormatInt(*s.bytes, 10)
}

func (s size) Set(text string) error {
	digits := strings.TrimRight(strings.ToUpper(text), "KMG")
	unit, ok := units[strings.ToUpper(text)[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 1 || n > (1<<50)/unit {
		return errors.New("want a number of bytes, like 500M or 2G")
	}
	*s.bytes = n * unit
	return nil
}
