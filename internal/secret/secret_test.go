package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"switchboard/internal/secret"
)

const canary = `xoxb-"canary"/1+2`

func TestTextNeverShows(t *testing.T) {
	s := secret.New(canary)
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "s", s, "in", struct{ S secret.Text }{s})
	encoded, err := json.Marshal(map[string]any{"s": s, "p": &s})
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{logged.String(), string(encoded)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, struct{ S secret.Text }{s}))
	}
	for _, out := range shown {
		if strings.Contains(out, "canary") || strings.Contains(out, fmt.Sprintf("%x", canary)) {
			t.Errorf("secret shown: %s", out)
		}
	}
	if s.Reveal() != canary {
		t.Errorf("Reveal = %q", s.Reveal())
	}
}

func TestRedactor(t *testing.T) {
	r := secret.NewRedactor(secret.New(canary), secret.New("pin"))
	r.Hide("user:" + canary)
	basic := base64.StdEncoding.EncodeToString([]byte("user:" + canary))
	in := map[string]any{
		"header": "Bearer " + canary,
		"basic":  "Basic " + basic,
		"list":   []any{canary, "pin", "spinning", json.Number("7")},
		canary:   "key",
	}
	got, err := json.Marshal(r.Value(in))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"[redacted]":"key","basic":"Basic [redacted]","header":"Bearer [redacted]","list":["[redacted]","[redacted]","spinning",7]}`
	// Base64 padding is left behind: it says nothing.
	if s := strings.ReplaceAll(string(got), "]=", "]"); strings.ReplaceAll(s, "]=", "]") != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if in["header"] != "Bearer "+canary {
		t.Error("the input was changed")
	}
}
