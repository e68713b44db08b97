package httpapi_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// bounded runs f, and fails the test where it takes more than a request may cost.
func bounded(t *testing.T, f func()) {
	t.Helper()
	const most, longest = 1 << 30, 30 * time.Second // of memory that comes and goes; on a busy machine
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	f()
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; made > most {
		t.Errorf("it made %d MiB of garbage", made>>20)
	}
	if took := time.Since(began); took > longest {
		t.Errorf("it took %s", took)
	}
}

// documentWith is a workflow whose one node has a config.
func documentWith(kind, config string) string {
	return `{"name": "x", "trigger": {"type": "manual"}, "nodes": [{"id": "a", "type": "` + kind + `", "config": ` + config + `}], "edges": [{"from": "trigger", "to": "a"}]}`
}

// Documents that are small to send and large to deal with: each is refused, or said to
// be wrong at its place, at a bounded cost.
func TestDocumentBombs(t *testing.T) {
	w := newWorld(t)
	nest := func(open, inner, closing string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
	}
	set := func(value string) string { return documentWith("set", `{"values": {"v": `+value+`}}`) }
	rule := func(left, op, right string) string {
		return documentWith("condition", fmt.Sprintf(`{"all": [{"left": %s, "op": %q, "right": %s}]}`, left, op, right))
	}
	trigger := func(schema string) string {
		return `{"name": "x", "trigger": {"type": "manual", "config": {"input_schema": ` + schema + `}}, "nodes": [{"id": "a", "type": "set", "config": {"values": {"v": 1}}}], "edges": [{"from": "trigger", "to": "a"}]}`
	}
	var doubling strings.Builder // every level is checked twice as often as the one around it
	doubling.WriteString(`{"type": "object", "$ref": "#/$defs/d0", "$defs": {`)
	for i := range 40 {
		fmt.Fprintf(&doubling, `"d%d": {"allOf": [{"$ref": "#/$defs/d%d"}, {"$ref": "#/$defs/d%d"}]}, `, i, i+1, i+1)
	}
	doubling.WriteString(`"d40": {"type": "object"}}}`)
	for name, c := range map[string]struct {
		document string
		refused  bool // as a request; else a diagnostic tells
		clean    bool // it is fine, and costs little
	}{
		"DeepLists":           {`{"output": ` + nest("[", "1", "]", 400_000) + `}`, true, false},
		"DeepObjects":         {`{"output": ` + nest(`{"a":`, "1", "}", 150_000) + `}`, true, false},
		"DeepAndCut":          {`{"output": ` + strings.Repeat("[", 900_000), true, false},
		"TooLarge":            {set(`"` + strings.Repeat("a", 1<<20) + `"`), true, false},
		"MillionTokens":       {set("[" + strings.Repeat("1,", 500_000) + "1]"), false, false},
		"ManyNodes":           {`{"nodes": [` + strings.TrimSuffix(strings.Repeat(`{"id":"a"},`, 90_000), ",") + `]}`, false, false},
		"ManyEdges":           {`{"edges": [` + strings.TrimSuffix(strings.Repeat(`{"from":"a","to":"b"},`, 45_000), ",") + `]}`, false, false},
		"ManyUnknownMembers":  {`{` + many(50_000, `"m%d":1`) + `}`, true, false},
		"DuplicateKeys":       {`{"name": "a", "name": "b"}`, true, false},
		"InvalidUTF8":         {"{\"name\": \"\xff\xfe\"}", true, false},
		"LoneSurrogate":       {`{"name": "\ud800"}`, true, false},
		"HugeExponent":        {`{"timeout_seconds": 1e999999999}`, false, false},
		"HugeExponentOfNode":  {documentWith("wait", `{"seconds": 1e999999999}`), false, false},
		"TinyExponent":        {documentWith("wait", `{"seconds": 1e-999999999}`), false, true},
		"HugeExponentInRule":  {rule(`"{{trigger.input.n}}"`, "gt", "1e999999999"), false, false},
		"LongNumber":          {`{"timeout_seconds": 1` + strings.Repeat("0", 500_000) + `}`, false, false},
		"DeepConditions":      {documentWith("condition", nest(`{"all":[`, `{"left":1,"op":"eq","right":1}`, `]}`, 28)), false, true},
		"DeeperConditions":    {documentWith("condition", nest(`{"all":[`, `{"left":1,"op":"eq","right":1}`, `]}`, 20_000)), true, false},
		"WideCondition":       {documentWith("condition", `{"any": [`+many(15_000, `{"left":%d,"op":"eq","right":1}`)+`]}`), false, false},
		"WideSwitch":          {documentWith("switch", `{"value": 1, "cases": [`+many(20_000, `{"name":"c%d","equals":1}`)+`]}`), false, false},
		"CatastrophicPattern": {rule(`"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"`, "matches", `"^(a+)+$"`), false, true},
		"HugePattern":         {rule(`"a"`, "matches", `"((a{1,1000}){1,1000}){1,1000}"`), false, false},
		"DeepPattern":         {rule(`"a"`, "matches", `"`+nest("(", "a", ")", 100_000)+`"`), false, false},
		"OpenBraces":          {set(`"` + strings.Repeat("{{", 400_000) + `"`), false, false},
		"ManyTemplates":       {set(`"` + strings.Repeat("{{index}}", 90_000) + `"`), false, false},
		"LongPath":            {set(`"{{trigger` + strings.Repeat(".a", 300_000) + `}}"`), false, false},
		"ManyFilters":         {set(`"{{trigger.input.a` + strings.Repeat("|upper", 100_000) + `}}"`), false, false},
		"HugeIndex":           {set(`"{{trigger.input.a[` + strings.Repeat("9", 300_000) + `]}}"`), false, false},
		"HugeArgument":        {set(`"{{trigger.input.a | round: 1e999999999}}"`), false, false},
		"LongCron":            {`{"trigger": {"type": "schedule", "config": {"cron": "` + strings.Repeat("1,", 300_000) + `1 * * * *"}}}`, false, false},
		"SchemaDoubles":       {trigger(doubling.String()), false, false},
		"SchemaOfItself":      {trigger(`{"type": "object", "$ref": "#"}`), false, false},
		"SchemaElsewhere":     {trigger(`{"type": "object", "$ref": "http://169.254.169.254/latest/meta-data"}`), false, false},
		"SchemaOfAFile":       {trigger(`{"type": "object", "$ref": "file:///etc/passwd"}`), false, false},
		"SchemaHugePattern":   {trigger(`{"type": "object", "properties": {"a": {"type": "string", "pattern": "((a{1,1000}){1,1000}){1,1000}"}}}`), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			bounded(t, func() {
				answer := w.post("/v1/workflows/check", c.document)
				switch {
				case c.refused && (answer.status < 400 || answer.status >= 500):
					t.Errorf("status = %d, want it refused: %.300s", answer.status, answer.body)
				case !c.refused && answer.status != http.StatusOK:
					t.Errorf("status = %d, want it checked: %.300s", answer.status, answer.body)
				case !c.refused && !c.clean && !strings.Contains(string(answer.body), `"severity":"error"`):
					t.Errorf("nothing is wrong with it: %.300s", answer.body)
				}
				if len(answer.body) > 1<<20 {
					t.Errorf("the answer has %d bytes", len(answer.body))
				}
			})
		})
	}
}

// many joins n entries by commas.
func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// Values that a running workflow gets from outside.
func TestPayloadBombs(t *testing.T) {
	w := newWorld(t)
	_, publication := w.published(w.agent(), `{"name": "Sort", "trigger": {"type": "webhook", "config": {"respond": "when_finished"}},
		"nodes": [{"id": "big", "type": "condition", "config": {"any": [
			{"left": "{{trigger.body.n}}", "op": "gt", "right": 1000},
			{"left": "{{trigger.body.text}}", "op": "matches", "right": "^(a+)+$"}]}},
			{"id": "s", "type": "set", "config": {"values": {"rounded": "{{trigger.body.n | default: 1 | round: 2}}", "text": "n is {{trigger.body.n | default: 0}}", "list": "{{trigger.body.list | default: null}}"}}}],
		"edges": [{"from": "trigger", "to": "big"}, {"from": "big", "port": "true", "to": "s"}, {"from": "big", "port": "false", "to": "s"}],
		"output": {"ok": true}}`)
	path := hookPath(publication.text("/webhook_url"))
	for name, c := range map[string]struct {
		body string
		want []int
	}{
		"OK":              {`{"n": 1250.5, "text": "x"}`, []int{200}},
		"HugeExponent":    {`{"n": 1e999999999}`, []int{400}},
		"TinyExponent":    {`{"n": 1e-999999999}`, []int{200, 502}},
		"LongNumber":      {`{"n": 1` + strings.Repeat("0", 200_000) + `}`, []int{400}},
		"LongFraction":    {`{"n": 0.` + strings.Repeat("3", 200_000) + `}`, []int{200, 502}},
		"DeepLists":       {`{"list": ` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, []int{400, 200, 502}},
		"DeepWithinJSON":  {`{"list": ` + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + `}`, []int{400, 200, 502}},
		"ManyMembers":     {`{` + many(15_000, `"m%d":1`) + `}`, []int{200}},
		"ManyValues":      {`{"list": [` + many(30_000, "%d") + `]}`, []int{200}},
		"Catastrophic":    {`{"text": "` + strings.Repeat("a", 100_000) + `!"}`, []int{200}},
		"DuplicateKeys":   {`{"n": 1, "n": 2000}`, []int{200, 400}},
		"InvalidUTF8":     {"{\"text\": \"\xff\xfe\"}", []int{200, 400}},
		"LoneSurrogate":   {`{"text": "\ud800"}`, []int{200, 400}},
		"NULs":            {`{"text": "` + strings.Repeat(`\u0000`, 30_000) + `"}`, []int{200}},
		"TooLarge":        {`{"text": "` + strings.Repeat("a", 5<<20) + `"}`, []int{413}},
		"JustBelowLimits": {`{"text": "` + strings.Repeat("a", 5<<20-100) + `"}`, []int{413}},
		"MillionTokens":   {`{"list": [` + strings.Repeat("0,", 2_600_000) + `0]}`, []int{200}},
		"MillionLists":    {`{"list": [` + strings.Repeat("[],", 1_700_000) + `0]}`, []int{200}},
		"MillionObjects":  {`{"list": [` + strings.Repeat(`{"a":0},`, 650_000) + `0]}`, []int{200}},
		"LongMembers":     {`{` + many(400_000, `"m%d":1`) + `}`, []int{200}},
		"DeeperLists":     {`{"list": ` + strings.Repeat("[", 2_500_000) + strings.Repeat("]", 2_500_000) + `}`, []int{400}},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			bounded(t, func() {
				answer := w.hook(path, c.body)
				for _, status := range c.want {
					if answer.status == status {
						return
					}
				}
				t.Errorf("status = %d, want one of %v: %.300s", answer.status, c.want, answer.body)
			})
		})
	}
}
