package slack

// KnownCodes lists the error codes that the table explains.
func KnownCodes() map[string]bool {
	known := make(map[string]bool, len(meanings))
	for code := range meanings {
		known[code] = true
	}
	return known
}
