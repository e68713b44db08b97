package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"switchboard/internal/local"
)

// TestAuditVerify changes the audit of a data folder behind Switchboard's back.
func TestAuditVerify(t *testing.T) {
	data := t.TempDir()
	stack, err := local.Open(t.Context(), local.Config{Data: data, PublicURL: "http://localhost", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	api := func(method, path, body string) string {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+stack.Token)
		r.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		if stack.Handler.ServeHTTP(rec, r); rec.Code >= http.StatusBadRequest {
			t.Fatalf("%s %s = %d: %s", method, path, rec.Code, rec.Body)
		}
		return rec.Body.String()
	}
	for range 3 {
		api(http.MethodPost, "/v1/agents", `{"name": "Ada"}`)
	}
	export := filepath.Join(data, "audit.jsonl")
	if err := os.WriteFile(export, []byte(api(http.MethodGet, "/v1/audit/export", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := run(t.Context(), append([]string{"audit", "verify"}, args...), &out, &out)
		return code, out.String()
	}
	if code, out := verify(export); code != 0 || !strings.Contains(out, "3 rows") {
		t.Errorf("the export = %d: %s", code, out)
	}
	whole, err := os.ReadFile(export)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ content, want string }{
		"AddedMember":     {strings.Replace(string(whole), `{"account"`, `{"note":"x","account"`, 1), "row 1"},
		"MemberTwice":     {strings.Replace(string(whole), `"actor":"owner"`, `"actor":"other","actor":"owner"`, 1), "row 1"},
		"MemberElsewhere": {strings.Replace(string(whole), `"actor":"owner"`, `"actor":"owner","Actor":"other"`, 1), "row 1"},
		"OtherCase":       {strings.Replace(string(whole), `"actor":`, `"Actor":`, 1), "row 1"},
		"CutOff":          {string(whole[:len(whole)-10]), "row 3"},
		"Empty":           {"", "no rows"},
	} {
		altered := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(altered, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out := verify(altered); code != 1 || !strings.Contains(out, c.want) {
			t.Errorf("%s = %d: %s", name, code, out)
		}
	}
	if code, out := verify("-data", data); code != 1 || !strings.Contains(out, "in use") || !strings.Contains(out, "/v1/audit/export") {
		t.Errorf("a folder that is in use = %d: %s", code, out)
	}
	if err := stack.Close(); err != nil {
		t.Fatal(err)
	}
	if code, out := verify("-data", data); code != 0 || !strings.Contains(out, "3 rows") {
		t.Errorf("the folder = %d: %s", code, out)
	}
	db, err := bbolt.Open(filepath.Join(data, "switchboard.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		rows := tx.Bucket([]byte("audit")).Cursor()
		rows.First()
		k, v := rows.Next()
		return tx.Bucket([]byte("audit")).Put(bytes.Clone(k), bytes.Replace(v, []byte(`"owner"`), []byte(`"other"`), 1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if code, out := verify("-data", data); code != 1 || !strings.Contains(out, "row 2 ") || !strings.Contains(out, "was changed") {
		t.Errorf("a row that was changed = %d: %s", code, out)
	}
	for _, args := range [][]string{{"a", "b"}, {"-data", filepath.Join(data, "none")}, {filepath.Join(data, "none")}, {"-x"}} {
		if code, out := verify(args...); code != 1 || strings.Count(out, "\n") != 1 {
			t.Errorf("%v = %d: %s", args, code, out)
		}
	}
}
