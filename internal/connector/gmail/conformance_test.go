package gmail_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/gmail"
)

// user is what Google answers about an account, as its documentation shows it.
var user = connector.ExampleResponse{Body: `{"sub": "10769150350006150715113082367", "email": "ann@example.org", "email_verified": true, "hd": "example.org"}`}

func TestConformance(t *testing.T) {
	connectortest.Run(t, gmail.New(),
		connectortest.VerifyAnswer("google_oauth2", user),
		connectortest.Refusals(func(_ string, status int, text string) (connector.ExampleResponse, bool) {
			body, err := json.Marshal(map[string]any{"error": map[string]any{"code": status, "message": text, "status": "SOME"}})
			return connector.ExampleResponse{Status: status, Body: string(body)}, err == nil
		}),
	)
}

// TestContract: the vendor's file was made for uploads, and lists only their media
// types; the body of this call is JSON.
func TestContract(t *testing.T) {
	const path = "/gmail/v1/users/{userId}/messages/send"
	text, err := os.ReadFile(connectortest.VendorFile(t, "gmail_sw.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	var whole map[string]any
	if err := errors.Join(json.Unmarshal(text, &file), json.Unmarshal(text, &whole)); err != nil {
		t.Fatal(err)
	}
	post, ok := file.Paths[path]["post"].(map[string]any)
	if !ok {
		t.Fatalf("the vendor's file has no POST %s", path)
	}
	post["consumes"] = []string{"application/json"}
	whole["paths"] = map[string]any{path: file.Paths[path]}
	if text, err = json.Marshal(whole); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "gmail.json")
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	connectortest.ReadContract(t, copied, "").Hold(t, gmail.New(), []string{"send_email"})
}
