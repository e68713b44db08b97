// Package schedule tells when a schedule trigger runs: by a cron expression of five
// fields in a time zone, or at a fixed rate.
//
// A cron time is one that a clock on the wall shows. Where clocks are put forward,
// times that are skipped do not run; where they are put back, a time that is shown
// twice runs once, the first time.
//
// On AWS, EventBridge Scheduler runs schedules, by what Expressions writes. Its user
// guide ("Schedule types", "Daylight savings time") has the same rules, which are
// compared here point by point:
//
//	                           here                       EventBridge Scheduler
//	a time that is skipped     does not run               "your schedule invocation is skipped"
//	a time shown twice         runs once, the first time  "runs only once and does not repeat its invocation"
//	zones                      IANA names, Go's tables    IANA names
//	a rate of days             of 24 hours                "a 24-hour duration on the clock"
//	a rate's first run         a rate after publication   at once, or at StartDate, which we set
//	precision                  the minute, at its start   within the minute ("60 second precision")
//	both days restricted       either one fits            not possible in one expression: we write two
//	weekdays                   0 or 7 is Sunday           1 is Sunday: we write names
//
// What its guide leaves open is at which of the two moments a doubled time runs. It
// makes no difference to what an execution sees, but to when: up to an hour.
package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/fault"
)

// Schedule is a parsed schedule trigger.
type Schedule struct {
	cron     *cron
	rate     time.Duration
	location *time.Location
	source   string
}

// MinRate is the shortest time between two runs.
const MinRate = time.Minute

// Parse reads a trigger's config: cron or rate, and timezone (an IANA name; UTC if
// empty). The fault's pointers are from the config.
func Parse(cronText, rateText, timezone string) (*Schedule, error) {
	f := fault.New(fault.ValidationFailed, "The schedule is not valid.")
	s := &Schedule{location: time.UTC}
	var err error
	if timezone != "" {
		if s.location, err = time.LoadLocation(timezone); err != nil || timezone == "Local" {
			f = f.At("/timezone", fmt.Sprintf("There is no time zone %q. Use an IANA name, such as Europe/Berlin.", timezone))
		}
	}
	switch {
	case (cronText == "") == (rateText == ""):
		f = f.At("", "A schedule needs cron or rate, and not both.")
	case cronText != "":
		s.source = cronText
		var problem string
		if s.cron, problem = parseCron(cronText); problem != "" {
			f = f.At("/cron", problem)
		}
	default:
		s.source = rateText
		var problem string
		if s.rate, problem = parseRate(rateText); problem != "" {
			f = f.At("/rate", problem)
		}
	}
	if len(f.Fields) > 0 {
		return nil, f
	}
	if s.cron != nil && s.Next(time.Now(), time.Now()).IsZero() {
		return nil, f.At("/cron", "No date ever fits this expression.")
	}
	return s, nil
}

// parseRate reads "5 minutes", "1 hour", "rate(2 days)"; problem is a sentence for the user.
func parseRate(text string) (rate time.Duration, problem string) {
	const form = "A rate is a number and a unit, such as 5 minutes, 1 hour or 2 days."
	inner := strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(inner, "rate("); ok {
		inner = strings.TrimSuffix(rest, ")")
	}
	words := strings.Fields(inner)
	if len(words) != 2 {
		return 0, form
	}
	n, err := strconv.Atoi(words[0])
	unit, known := map[string]time.Duration{
		"minute": time.Minute, "minutes": time.Minute, "hour": time.Hour, "hours": time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	}[words[1]]
	if err != nil || !known || n < 1 || n > 366*24*60 {
		return 0, form
	}
	return time.Duration(n) * unit, ""
}

// searchYears bounds the search for the next time: the rarest date that exists, 29
// February on a given weekday, comes again within 40 years at the latest.
const searchYears = 41

// Next gives the first time after a moment, in UTC; zero if there is none. A rate
// counts from the time when the workflow was published.
func (s *Schedule) Next(after, published time.Time) time.Time {
	if s.cron == nil {
		if after.Before(published) {
			after = published
		}
		return s.rateTime(published, after).Add(s.rate).UTC()
	}
	local := after.In(s.location)
	at := wall{local.Year(), int(local.Month()), local.Day(), local.Hour(), local.Minute() + 1}
	for limit := local.Year() + searchYears; ; at.minute++ {
		var ok bool
		if at, ok = s.cron.next(at, limit); !ok {
			return time.Time{}
		}
		t := time.Date(at.year, time.Month(at.month), at.day, at.hour, at.minute, 0, 0, s.location)
		if t.Hour() != at.hour || t.Minute() != at.minute {
			continue // the clock never shows this time
		}
		t = first(t)
		if t.After(after) {
			return t.UTC()
		}
	}
}

// rateTime gives the latest time of a rate that is not after a moment.
func (s *Schedule) rateTime(published, moment time.Time) time.Time {
	return moment.Add(-(moment.Sub(published) % s.rate))
}

// first gives the earlier of the two moments at which a clock shows the same time,
// where it does: when it is put back.
func first(t time.Time) time.Time {
	for _, back := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		earlier := t.Add(-back)
		if earlier.Hour() == t.Hour() && earlier.Minute() == t.Minute() && earlier.Day() == t.Day() {
			return earlier
		}
	}
	return t
}

// NextRuns gives the next n times after a moment.
func (s *Schedule) NextRuns(after, published time.Time, n int) []time.Time {
	var runs []time.Time
	for range n {
		after = s.Next(after, published)
		if after.IsZero() {
			break
		}
		runs = append(runs, after)
	}
	return runs
}

// Last gives the latest time up to now that is after a moment; zero if there is none.
func (s *Schedule) Last(after, now, published time.Time) time.Time {
	if s.cron == nil {
		last := s.rateTime(published, now).UTC()
		if last.After(after) && last.After(published) && !last.After(now) {
			return last
		}
		return time.Time{}
	}
	// Look back further and further, so that a schedule of every minute is not gone
	// through for a year.
	for _, back := range []time.Duration{2 * time.Hour, 49 * time.Hour, 32 * 24 * time.Hour, 400 * 24 * time.Hour, searchYears * 366 * 24 * time.Hour} {
		from := now.Add(-back)
		if from.Before(after) {
			from = after
		}
		var last time.Time
		for t := s.Next(from, published); !t.IsZero() && !t.After(now); t = s.Next(t, published) {
			last = t
		}
		if !last.IsZero() || from.Equal(after) {
			return last
		}
	}
	return time.Time{}
}

// Timezone is the IANA name of the schedule's zone.
func (s *Schedule) Timezone() string { return s.location.String() }
