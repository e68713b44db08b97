package compile_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestTimeout looks at how long executions may take: as long as the document says, or
// else an hour and what they wait for.
func TestTimeout(t *testing.T) {
	const hour, year = 3600, 365 * 24 * 3600
	wait := `{"id":"w","type":"wait","config":{"seconds":1000}}`
	retries := func(attempts, interval, backoff string) string {
		return `{"id":"a","type":"toy.say","config":{"text":"x"},"retry":{"max_attempts":` + attempts + `,"interval_seconds":` + interval + `,"backoff_rate":` + backoff + `}}`
	}
	into := func(loop, id string) string { return `,{"from":"` + loop + `","port":"body","to":"` + id + `"}` }
	for name, c := range map[string]struct {
		nodes, edges string // edges besides the one from the trigger to the first node
		document     string // more of it
		want         int
	}{
		"Nothing":             {`{"id":"a","type":"toy.say","config":{"text":"x"}}`, "", "", hour},
		"Wait":                {wait, "", "", hour + 1000},
		"WaitAsText":          {`{"id":"w","type":"wait","config":{"seconds":"7200"}}`, "", "", hour + 7200},
		"WaitOfAVariable":     {`{"id":"w","type":"wait","config":{"seconds":"{{trigger.input.s}}"}}`, "", "", year},
		"WaitUntil":           {`{"id":"w","type":"wait","config":{"until":"2027-12-01T00:00:00Z"}}`, "", "", year},
		"WaitUntilAVariable":  {`{"id":"w","type":"wait","config":{"until":"{{trigger.input.u}}"}}`, "", "", year},
		"Approval":            {`{"id":"q","type":"approval","config":{"message":"x"}}`, "", "", hour + 24*hour},
		"ApprovalAsText":      {`{"id":"q","type":"approval","config":{"message":"x","timeout_seconds":"60"}}`, "", "", hour + 60},
		"ApprovalOfAVariable": {`{"id":"q","type":"approval","config":{"message":"x","timeout_seconds":"{{trigger.input.t}}"}}`, "", "", year},
		"Workflow":            {`{"id":"c","type":"workflow","config":{"workflow":"wf_ok"}}`, "", "", hour + 600},
		"WorkflowOfNoLimit":   {`{"id":"c","type":"workflow","config":{"workflow":"wf_strict","input":{"id":1}}}`, "", "", year},
		"Loop":                {`{"id":"l","type":"loop","config":{"items":"{{trigger.input.l}}"}},{"id":"a","type":"toy.say","config":{"text":"x"}}`, into("l", "a"), "", hour},
		"LoopOfWaits":         {`{"id":"l","type":"loop","config":{"items":"{{trigger.input.l}}"}},` + wait, into("l", "w"), "", year},
		"LoopOfAListOfWaits":  {`{"id":"l","type":"loop","config":{"items":[1,2,"{{trigger.input.i}}"]}},` + wait, into("l", "w"), "", hour + 3*1000},
		"LoopInALoop": {
			`{"id":"l","type":"loop","config":{"items":[1,2]}},{"id":"m","type":"loop","config":{"items":[1,2,3]}},` + wait, into("l", "m") + into("m", "w"), "", hour + 6*1000,
		},
		"LoopInAnOpenLoop": {
			`{"id":"l","type":"loop","config":{"items":"{{trigger.input.l}}"}},{"id":"m","type":"loop","config":{"items":[1,2,3]}},` + wait, into("l", "m") + into("m", "w"), "", year,
		},
		"MoreThanAYear":                   {`{"id":"w","type":"wait","config":{"seconds":31536000}},{"id":"v","type":"wait","config":{"seconds":31536000}}`, `,{"from":"w","to":"v"}`, "", year},
		"Retries":                         {retries("3", "7200", "2"), "", "", hour + 7200 + 2*7200},
		"RetriesWithinWhatServicesAskFor": {retries("3", "100", "2"), "", "", hour},
		"RetriesWithALongestWait":         {retries("5", "200", "2"), "", "", hour + 200 + 3*300},
		"RetriesOfWaitsThatGrow":          {retries("100", "86400", "10"), "", "", year},
		"OneAttempt":                      {retries("1", "7200", "2"), "", "", hour},
		"LoopOfRetries":                   {`{"id":"l","type":"loop","config":{"items":[1,2]}},` + retries("2", "1000", "1"), into("l", "a"), "", hour + 2*1000},
		"Limited":                         {wait, "", `,"timeout_seconds":7200`, 7200},
		"LimitedAsAFraction":              {wait, "", `,"timeout_seconds":7200.0`, 7200},
	} {
		compiled := mustCompile(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[`+c.nodes+`],"edges":[{"from":"trigger","to":`+c.nodes[len(`{"id":`):strings.Index(c.nodes, ",")]+`}`+c.edges+`]`+c.document+`}`)
		var definition struct{ TimeoutSeconds int }
		if err := json.Unmarshal(compiled.Definition, &definition); err != nil {
			t.Fatal(err)
		}
		if definition.TimeoutSeconds != c.want {
			t.Errorf("%s: %d seconds, want %d", name, definition.TimeoutSeconds, c.want)
		}
	}
	var express struct{ TimeoutSeconds int }
	compiled := mustCompile(t, `{"name":"x","trigger":{"type":"webhook","config":{"respond":"when_finished"}},"nodes":[`+wait[:len(wait)-len(`1000}}`)]+`100}}],"edges":[{"from":"trigger","to":"w"}]}`)
	if err := json.Unmarshal(compiled.Definition, &express); err != nil || express.TimeoutSeconds != 300 {
		t.Errorf("whose caller waits: %d seconds, want 300 (%v)", express.TimeoutSeconds, err)
	}
}

// TestPolicyNumbers has whole numbers as programs write them that know no others.
func TestPolicyNumbers(t *testing.T) {
	policies := func(attempts, seconds string) string {
		return `{"name":"x","trigger":{"type":"manual"},"nodes":[{"id":"a","type":"toy.say","config":{"text":"x"},"timeout_seconds":` + seconds +
			`,"retry":{"max_attempts":` + attempts + `,"interval_seconds":` + seconds + `}}],"edges":[{"from":"trigger","to":"a"}]}`
	}
	want := mustCompile(t, policies("3", "20"))
	for _, c := range [][2]string{{"3.0", "20.0"}, {"3e0", "2e1"}, {"0.3e1", "200e-1"}} {
		if got := mustCompile(t, policies(c[0], c[1])); string(got.Definition) != string(want.Definition) {
			t.Errorf("%s attempts and %s seconds give %s, want %s", c[0], c[1], got.Definition, want.Definition)
		}
	}
}
