package rest

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxWait bounds the wait that a service may ask for.
	maxWait = 24 * time.Hour
	// epochSeconds and epochMillis are the least numbers that name a moment, in seconds
	// and milliseconds since 1970, rather than a length of time.
	epochSeconds = 1e9
	epochMillis  = 1e12
)

// resets are the headers in which services say when a limit begins anew, besides
// Retry-After: the one of the IETF's draft, and the one that it comes from.
var resets = []string{"RateLimit-Reset", "X-RateLimit-Reset"}

// moments are the forms in which services write one.
var moments = []string{time.RFC3339, "2006-01-02T15:04Z07:00", http.TimeFormat, time.RFC850, time.ANSIC}

// RetryAfter reads the wait that an answer asks for: a number of seconds, or a
// date. 0 where it names none; never more than a day.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	return wait(h.Get("Retry-After"), now)
}

// Until reads how long it takes from the answer until what one of its headers names:
// a length of time as in 7, 1.5 or 6m0s, or a moment, in seconds or milliseconds
// since 1970 or as a date. The service's clock counts where it tells the time, and
// waits are whole seconds, rounded up. 0 where the header names none; never more
// than a day.
func (r Response) Until(header string) time.Duration {
	now, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		now = r.received
	}
	return wait(r.Header.Get(header), now)
}

// UntilReset reads the wait until a limit begins anew, from the headers in which
// most services say so. Whether the limit is used up is for the caller to know.
func (r Response) UntilReset() time.Duration {
	for _, header := range resets {
		if w := r.Until(header); w > 0 {
			return w
		}
	}
	return 0
}

// wait reads a wait in any of the forms that services write one in.
func wait(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		switch {
		case math.IsNaN(n):
			return 0
		case n >= epochMillis && !math.IsInf(n, 0):
			n -= float64(now.UnixMilli())
			n /= 1000
		case n >= epochSeconds && n < epochMillis:
			n -= float64(now.Unix())
		}
		// Clamped before it is converted: a duration holds no more than 292 years.
		return seconds(min(max(n, 0), maxWait.Seconds()))
	}
	if d, err := time.ParseDuration(text); err == nil {
		return seconds(min(max(d, 0), maxWait).Seconds())
	}
	for _, form := range moments {
		if at, err := time.Parse(form, text); err == nil {
			return min(max(at.Sub(now), 0), maxWait)
		}
	}
	return 0
}

// seconds makes a wait of whole seconds: to come a little early is to be refused again.
func seconds(n float64) time.Duration { return time.Duration(math.Ceil(n)) * time.Second }
