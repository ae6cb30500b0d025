package dropbox

import (
	"strings"
	"testing"
)

// hostile are what costs ParseCode most, as far as was found by hand and by hill climbing.
var hostile = map[string]string{
	"found":         "manglo staring moodines starin harmonit starine",
	"eight wrong":   "abacu abdmen abdomnal abde abding abilty ablze abe",
	"many near":     "sta sto sti ste str sla sle slo sar ser",
	"wrong words":   "cat bag bat ban barn car card cash",
	"short words":   strings.Repeat("bam ", 8),
	"one slip":      "abacus abdmen abdominal abide abiding ability ablaze able",
	"run together":  "abacusabdmenabdominalabideabidingabilityablazeable",
	"all alike":     strings.Repeat("raing", 14),
	"endings":       strings.Repeat("res ", 10) + strings.Repeat("con", 10),
	"long":          strings.Repeat("unstoppab", 56),
	"many tokens":   strings.Repeat("sta ", 127),
	"single":        strings.Repeat("e ", 80),
	"marks":         strings.Repeat("a\u0301", 80),
	"nearly a word": strings.Repeat("unmarkd", 11),
}

func BenchmarkParseCode(b *testing.B) {
	for name, typed := range hostile {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ParseCode(typed)
			}
		})
	}
}
