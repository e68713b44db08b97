package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestOpenAPI has schemathesis try the running stack with everything that its
// description allows and forbids: no answer may be a fault of ours or differ from the
// description, whatever the method, the content type, the token and the values are.
// What its requests are about is there, for the most part: every operation succeeds.
func TestOpenAPI(t *testing.T) {
	schemathesis, err := exec.LookPath(os.Getenv("SWITCHBOARD_SCHEMATHESIS"))
	if err != nil {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatalf("schemathesis is not installed: %v", err)
		}
		t.Skip("schemathesis is not installed: pip install schemathesis, and set SWITCHBOARD_SCHEMATHESIS to its program")
	}
	config, err := filepath.Abs(filepath.Join("testdata", "schemathesis.toml"))
	if err != nil {
		t.Fatal(err)
	}
	services := startOpenServices(t)
	p := start(t, t.TempDir(), "-upstream", "slack="+services, "-upstream", "gmail="+services)
	folder := t.ArtifactDir() // it writes its cache there
	text, err := json.Marshal(p.examples(t, services))
	if err != nil {
		t.Fatal(err)
	}
	examples := filepath.Join(folder, "examples.json")
	if err := os.WriteFile(examples, text, 0o600); err != nil {
		t.Fatal(err)
	}
	// The examples come to an end; of what is generated there is as much as there is time
	// for, which depends on what else the machine does.
	var reports []string
	for _, run := range [][]string{{"--phases", "examples"}, {"--phases", "coverage,fuzzing,stateful", "--max-time", "40"}} {
		report := filepath.Join(folder, fmt.Sprintf("report%d.ndjson", len(reports)))
		reports = append(reports, report)
		cmd := exec.CommandContext(t.Context(), schemathesis, append([]string{"--config-file", config, "run", p.url + "/openapi.json",
			"--header", "Authorization: Bearer " + p.token, "--checks", "all", "--max-examples", "10",
			"--report", "ndjson", "--report-ndjson-path", report,
			"--generation-deterministic", "--no-shrink", "--no-color"}, run...)...) // the same values every time: nobody's change fails by chance
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "SCHEMATHESIS_HOOKS="+strings.TrimSuffix(config, ".toml")+".py", "SWITCHBOARD_EXAMPLES="+examples)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, said)
		}
	}
	if p.cmd.ProcessState != nil {
		t.Errorf("the stack has ended: %s", p.stderr)
	}
	statuses := p.statuses(t, reports...)
	for _, operation := range slices.Sorted(maps.Keys(statuses)) {
		got, succeeded := statuses[operation], false
		for status := range got {
			succeeded = succeeded || status < 400
		}
		if !succeeded {
			t.Errorf("%s never succeeded: give it a request that does, in examples", operation)
		}
		t.Logf("%-55s %v", operation, got)
	}
}

// statuses gives how often each operation of the description was answered with which
// status, by the reports.
func (p *process) statuses(t *testing.T, reports ...string) map[string]map[int]int {
	t.Helper()
	var described struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	p.must(t, "GET", "/openapi.json", nil, &described)
	statuses := map[string]map[int]int{}
	for path, methods := range described.Paths {
		for method := range methods {
			statuses[strings.ToUpper(method)+" "+path] = map[int]int{}
		}
	}
	for _, report := range reports {
		addStatuses(t, statuses, report)
	}
	return statuses
}

func addStatuses(t *testing.T, statuses map[string]map[int]int, report string) {
	t.Helper()
	file, err := os.Open(report)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var line struct {
			ScenarioFinished struct {
				Recorder struct {
					Label        string `json:"label"`
					Interactions map[string]struct {
						Response struct {
							Status int `json:"status_code"`
						} `json:"response"`
					} `json:"interactions"`
				} `json:"recorder"`
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("reading the report: %v", err)
		}
		done := line.ScenarioFinished.Recorder
		for _, i := range done.Interactions {
			if of := statuses[done.Label]; of != nil { // else it is several operations, by links
				of[i.Response.Status]++
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}
