package schedule

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// BothDays says whether days of the month and of the week are both restricted, which
// EventBridge cannot say in one expression.
func (s *Schedule) BothDays() bool { return s.cron != nil && !s.cron.anyDay && !s.cron.anyWeekday }

// IsRate says whether it runs at a fixed rate.
func (s *Schedule) IsRate() bool { return s.cron == nil }

// Expressions writes the schedule as EventBridge Scheduler has it: rate(...), or
// cron(...) of six fields. There are two where BothDays says so: the schedule runs when
// either does, and once where both do.
//
// Fields are written anew from the values that fit, in nothing but the forms that the
// user guide documents (*, a, a-b, lists, and a/n, which goes on to the end), because
// cron allows more than that, such as 1-9/2.
func (s *Schedule) Expressions() []string {
	if s.cron == nil {
		return []string{rateExpression(s.rate)}
	}
	c := s.cron
	days, weekdays := field(c.days, 1, 31), weekdayNamesOf(c.weekdays)
	switch {
	case c.anyWeekday:
		return []string{c.expression(days, "?")}
	case c.anyDay:
		return []string{c.expression("?", weekdays)}
	default:
		return []string{c.expression(days, "?"), c.expression("?", weekdays)}
	}
}

func rateExpression(rate time.Duration) string {
	n, unit := int(rate/time.Minute), "minute"
	switch {
	case n%(24*60) == 0:
		n, unit = n/(24*60), "day"
	case n%60 == 0:
		n, unit = n/60, "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("rate(%d %s)", n, unit)
}

func (c *cron) expression(days, weekdays string) string {
	return fmt.Sprintf("cron(%s %s %s %s %s *)", field(c.minutes, 0, 59), field(c.hours, 0, 23), days, field(c.months, 1, 12), weekdays)
}

// field writes the values that fit, out of those from low to high.
func field(values set, low, high int) string {
	var all []int
	for v := low; v <= high; v++ {
		if values.has(v) {
			all = append(all, v)
		}
	}
	first, last := all[0], all[len(all)-1]
	if len(all) > 2 {
		step := all[1] - first
		switch {
		case values != progression(first, step, last):
		case step == 1 && first == low && last == high:
			return "*"
		case step == 1:
			return fmt.Sprintf("%d-%d", first, last)
		case last+step > high:
			return fmt.Sprintf("%d/%d", first, step)
		}
	}
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = strconv.Itoa(v)
	}
	return strings.Join(texts, ",")
}

func progression(first, step, last int) set {
	var s set
	for v := first; v <= last; v += step {
		s |= 1 << v
	}
	return s
}

// weekdayNamesOf names weekdays: EventBridge numbers them from 1 for Sunday, cron from 0.
func weekdayNamesOf(values set) string {
	values &= 1<<7 - 1
	if bits.OnesCount64(uint64(values)) == len(weekdayNames) {
		return "*"
	}
	var names []string
	for d, name := range weekdayNames {
		if values.has(d) {
			names = append(names, strings.ToUpper(name))
		}
	}
	return strings.Join(names, ",")
}
