package httpconnector

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

const (
	oneStatus     = `\s*[1-5](?:[0-9]{2}|[xX]{2}|[0-9]{2}\s*-\s*[1-5][0-9]{2})\s*`
	statusPattern = oneStatus + `(?:,` + oneStatus + `)*`
	statusHint    = "A status (200), a class (2xx), a range (200-204) or several of them with commas between."
)

// success is what a step expects that names no statuses.
var success = statuses{ranges: [][2]int{{200, 299}}, text: "2xx"}

// statuses is a set of status ranges, with the text that it was read from.
type statuses struct {
	ranges [][2]int
	text   string
}

// readStatuses reads texts that match statusPattern.
func readStatuses(texts []string) statuses {
	if len(texts) == 0 {
		return statuses{}
	}
	s := statuses{text: strings.Join(texts, ", ")}
	for part := range strings.SplitSeq(strings.Join(texts, ","), ",") {
		part = strings.ToLower(strings.TrimSpace(part))
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		low, errLow := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(from), "x", "0"))
		high, errHigh := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(to), "x", "9"))
		if errLow == nil && errHigh == nil {
			s.ranges = append(s.ranges, [2]int{low, high})
		}
	}
	return s
}

func (s statuses) include(status int) bool {
	for _, r := range s.ranges {
		if status >= r[0] && status <= r[1] {
			return true
		}
	}
	return false
}

// hint adds what the step expected to a fault about a status that it did not.
func (s statuses) hint(r rest.Response, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != fault.UnexpectedStatus || r.Status == 0 {
		return err
	}
	f.Hint = strings.TrimSpace(f.Hint + " This step takes " + s.text + " for a success. Name other statuses in its expect_status.")
	return f
}

// retried makes of a refusal the passing fault that the step's retry settings are about.
func (s statuses) retried(r rest.Response, now time.Time, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	f.Unsettled = false // who names 504 says that the service has not acted then
	if f.Code.Means().Passing {
		return err
	}
	f.Code, f.RetryAfter = fault.ServiceUnavailable, rest.RetryAfter(r.Header, now)
	f.Hint = "This step's retry_status takes " + s.text + " for \"not yet\", so it is tried again as often as its retry settings say."
	return f
}
