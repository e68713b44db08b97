package httpconnector

import (
	"errors"
	"strconv"
	"strings"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

const (
	oneStatus     = `\s*[1-5](?:[0-9]{2}|[xX]{2}|[0-9]{2}\s*-\s*[1-5][0-9]{2})\s*`
	statusPattern = oneStatus + `(?:,` + oneStatus + `)*`
)

// statuses is a set of status ranges, with the text that it was read from.
type statuses struct {
	ranges [][2]int
	text   string
}

// readStatuses reads texts that match statusPattern.
func readStatuses(texts []string) statuses {
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
	if len(s.ranges) == 0 {
		return statuses{ranges: [][2]int{{200, 299}}, text: "2xx"}
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
