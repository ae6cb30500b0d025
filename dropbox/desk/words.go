package desk

// How choices and statuses read in a sentence, for people: the commands and the pages of a desk say the same. The keys are those of
// dropbox.Wishes, dropbox.Abouts and dropbox.Statuses.
var (
	Wishes = map[string]string{ // "The reporter …"
		"advice":    "would like advice only",
		"thinking":  "is thinking about a complaint",
		"complaint": "wants to make a complaint",
		"record":    "wants a record to be kept",
	}
	Abouts = map[string]string{
		"me":   "It happened to the reporter.",
		"saw":  "The reporter saw it.",
		"told": "The reporter was told about it.",
	}
	Statuses = map[string]string{ // "The case is …"
		"received":     "received",
		"reading":      "being read",
		"answered":     "answered in full",
		"investigator": "with the investigator",
		"panel":        "with the panel",
		"closed":       "closed",
	}
)
