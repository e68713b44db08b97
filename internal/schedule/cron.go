package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cron is an expression of five fields: minute, hour, day of month, month, day of
// week. As in cron itself, a time fits if it fits both days, unless both are
// restricted: then either is enough.
type cron struct {
	minutes, hours, days, months, weekdays set
	anyDay, anyWeekday                     bool
}

// set has a bit for every value that fits.
type set uint64

func (s set) has(v int) bool { return s&(1<<v) != 0 }

// wall is what a clock on the wall and a calendar show.
type wall struct{ year, month, day, hour, minute int }

var (
	monthNames   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	shorthands   = map[string]string{
		"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
		"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
	}
)

// parseCron reads an expression; problem is a sentence for the user.
func parseCron(text string) (c *cron, problem string) {
	if long, ok := shorthands[strings.ToLower(strings.TrimSpace(text))]; ok {
		text = long
	}
	fields := strings.Fields(strings.ToLower(text))
	if len(fields) != 5 {
		return nil, fmt.Sprintf("A cron expression has five fields (minute, hour, day of month, month, day of week); this has %d.", len(fields))
	}
	c = &cron{anyDay: isAny(fields[2]), anyWeekday: isAny(fields[4])}
	for i, f := range []struct {
		into      *set
		name      string
		low, high int
		names     []string
	}{
		{&c.minutes, "minute", 0, 59, nil}, {&c.hours, "hour", 0, 23, nil}, {&c.days, "day of month", 1, 31, nil},
		{&c.months, "month", 1, 12, monthNames}, {&c.weekdays, "day of week", 0, 7, weekdayNames},
	} {
		s, err := parseField(fields[i], f.low, f.high, f.names)
		if err != nil {
			return nil, fmt.Sprintf("The field %s, %q, is not valid: %v.", f.name, fields[i], err)
		}
		*f.into = s
	}
	if c.weekdays.has(7) { // Sunday has two numbers
		c.weekdays |= 1
	}
	return c, ""
}

func isAny(field string) bool { return field == "*" || field == "?" }

func parseField(text string, low, high int, names []string) (set, error) {
	var all set
	for _, part := range strings.Split(text, ",") {
		span, stepText, hasStep := strings.Cut(part, "/")
		step := 1
		if hasStep {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 || n > high {
				return 0, fmt.Errorf("the step %q is not a number from 1 to %d", stepText, high)
			}
			step = n
		}
		from, to := low, high
		if !isAny(span) {
			first, last, isRange := strings.Cut(span, "-")
			var err error
			if from, err = parseValue(first, low, high, names); err != nil {
				return 0, err
			}
			switch {
			case isRange:
				if to, err = parseValue(last, low, high, names); err != nil {
					return 0, err
				}
			case !hasStep:
				to = from
			}
			if from > to {
				return 0, fmt.Errorf("%s goes backwards", span)
			}
		} else if high == 7 {
			to = 6
		}
		for v := from; v <= to; v += step {
			all |= 1 << v
		}
	}
	return all, nil
}

func parseValue(text string, low, high int, names []string) (int, error) {
	if i := slices.Index(names, text); i >= 0 {
		return i + low, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is not a number from %d to %d", text, low, high)
	}
	return n, nil
}

// next gives the first time from a given one on that fits; false if there is none
// up to the year limit. Minutes over 59 and so on are carried.
func (c *cron) next(at wall, limit int) (wall, bool) {
	at = at.carried()
	for at.year <= limit {
		switch {
		case !c.months.has(at.month):
			at = wall{at.year, at.month + 1, 1, 0, 0}.carried()
		case !c.fitsDay(at):
			at = wall{at.year, at.month, at.day + 1, 0, 0}.carried()
		case !c.hours.has(at.hour):
			at = wall{at.year, at.month, at.day, at.hour + 1, 0}.carried()
		case !c.minutes.has(at.minute):
			at.minute++
			at = at.carried()
		default:
			return at, true
		}
	}
	return at, false
}

func (c *cron) fitsDay(at wall) bool {
	day := c.days.has(at.day)
	weekday := c.weekdays.has(int(at.utc().Weekday()))
	if c.anyDay || c.anyWeekday {
		return day && weekday
	}
	return day || weekday
}

func (w wall) utc() time.Time {
	return time.Date(w.year, time.Month(w.month), w.day, w.hour, w.minute, 0, 0, time.UTC)
}

// carried makes the 32nd of a month the first of the next, and so on.
func (w wall) carried() wall {
	t := w.utc()
	return wall{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute()}
}
