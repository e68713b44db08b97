package spelling_test

import (
	"testing"

	"switchboard/internal/spelling"
)

func TestNearest(t *testing.T) {
	names := []string{"slack.post_message", "slack.update_message", "http.request", "channel", "text"}
	for name, want := range map[string]string{
		"slack.post_mesage": "slack.post_message",
		"chanel":            "channel",
		"txet":              "text",
		"http.requst":       "http.request",
		"teletype":          "",
		"":                  "",
	} {
		if got, _ := spelling.Nearest(name, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestHint(t *testing.T) {
	if got := spelling.Hint("fale", []string{"true", "false"}, "It can be"); got != `Did you mean "false"?` {
		t.Error(got)
	}
	if got := spelling.Hint("maybe", []string{"true", "false"}, "It can be"); got != "It can be: true, false." {
		t.Error(got)
	}
}
