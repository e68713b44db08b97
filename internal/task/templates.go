package task

import (
	"fmt"
	"reflect"
	"sync"

	"switchboard/internal/fault"
	"switchboard/internal/template"
)

// maxTemplates bounds the memory that parsed templates take in a warm function.
const maxTemplates = 2_000

// templates keeps the parsed configs of published versions, each with what it was parsed
// from: versions never change, but a workflow that was deleted and is imported again has
// the same id, and counts its versions anew.
type templates struct {
	mu     sync.Mutex
	parsed map[string]parsed
}

type parsed struct {
	config map[string]any
	value  *template.Value
}

func (ts *templates) parse(t Task) (*template.Value, error) {
	name := fmt.Sprintf("%s/%s/%d/%s", t.Account, t.Workflow, t.Version, t.Node)
	if t.Version > 0 {
		ts.mu.Lock()
		kept, ok := ts.parsed[name]
		ts.mu.Unlock()
		if ok && reflect.DeepEqual(kept.config, t.Config) {
			return kept.value, nil
		}
	}
	v, problems := template.ParseValue(t.Config)
	if len(problems) > 0 {
		return nil, fault.New(fault.InvalidTemplate, "%s", problems[0].Message).At(problems[0].Pointer, problems[0].Message)
	}
	if t.Version > 0 {
		ts.mu.Lock()
		defer ts.mu.Unlock()
		if ts.parsed == nil || len(ts.parsed) >= maxTemplates {
			ts.parsed = map[string]parsed{}
		}
		ts.parsed[name] = parsed{t.Config, v}
	}
	return v, nil
}
