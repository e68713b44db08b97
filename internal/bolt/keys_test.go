package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"switchboard/internal/execution"
	"switchboard/internal/task"
)

// TestKeys pins the layout: a file that one version wrote, another has to read.
func TestKeys(t *testing.T) {
	at := time.Unix(1, 2).UTC()
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return string(sum[:])
	}
	listings := func(status execution.Status) []byte {
		keys := listingKeys("acc", "wf", "exe", status, at)
		return slices.Concat(keys[0], []byte(" | "), keys[1])
	}
	const second = "\x80\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02"
	tests := map[string]struct {
		key  []byte
		want string
	}{
		"Thing":          {under("agt_1", "acc"), "\x03accagt_1"},
		"Link":           {under("cred_1", "acc", "agt_1"), "\x03acc\x05agt_1cred_1"},
		"Version":        {versionKey("acc", "wf", 258), "\x03acc\x02wf\x00\x00\x00\x00\x00\x00\x01\x02"},
		"Hook":           {hookKey("s3cret"), hash("s3cret")},
		"Idempotency":    {idempotencyKey("acc", "wf", "order"), "\x03acc\x02wf" + hash("order")},
		"ListOfAll":      {listings(""), "\x03acc\x00\x00" + second + "exe | \x03acc\x02wf\x00" + second + "exe"},
		"ListOfStatus":   {listings("failed"), "\x03acc\x00\x06failed" + second + "exe | \x03acc\x02wf\x06failed" + second + "exe"},
		"Ended":          {endedKey("acc", "exe", at), second + "\x03accexe"},
		"History":        {historyKey("acc", "exe", 7), "\x03acc\x03exe\x00\x00\x00\x00\x00\x00\x00\x07"},
		"Record":         {recordKey(task.Key{Account: "acc", Execution: "exe", Node: "n", Iteration: "0.1"}), "\x03acc\x03exe\x01n0.1"},
		"Value":          {largeKey("acc", "exe", "val_1"), "\x03acc\x03exeval_1"},
		"LongPart":       {prefix(string(make([]byte, 200))), "\xc8\x01" + string(make([]byte, 200))},
		"NoParts":        {prefix(), ""},
		"PartsWithNUL":   {under("c", "a\x00b"), "\x03a\x00bc"},
		"PartsWithNULs2": {under("b\x00c", "a"), "\x01ab\x00c"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if string(tt.key) != tt.want {
				t.Errorf("key %q, want %q", tt.key, tt.want)
			}
		})
	}
}

func TestCut(t *testing.T) {
	first, rest, err := cut(under("id", "acc"))
	if err != nil || first != "acc" || string(rest) != "id" {
		t.Errorf("cut = %q, %q, %v", first, rest, err)
	}
	for _, key := range []string{"", "\x05abc", "\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a"} {
		if _, _, err := cut([]byte(key)); err == nil {
			t.Errorf("cut(%q) succeeded", key)
		}
	}
}

func TestTimesSort(t *testing.T) {
	sorted := []time.Time{
		{}, time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Unix(0, 0), time.Unix(0, 1),
		time.Date(2026, 1, 1, 0, 0, 0, 5, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 6, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	for i, before := range sorted {
		for _, after := range sorted[i+1:] {
			if bytes.Compare(appendTime(nil, before), appendTime(nil, after)) >= 0 {
				t.Errorf("%v does not sort before %v", before, after)
			}
		}
	}
	here := time.Date(2026, 1, 1, 1, 0, 0, 5, time.FixedZone("CET", 3600))
	if !bytes.Equal(appendTime(nil, here), appendTime(nil, sorted[4])) {
		t.Error("the zone changes the key")
	}
}

func TestAfterAll(t *testing.T) {
	for p, want := range map[string]string{"a": "b", "a\xff": "b", "a\xfe": "a\xff", "": "", "\xff\xff": ""} {
		if got := afterAll([]byte(p)); string(got) != want {
			t.Errorf("afterAll(%q) = %q, want %q", p, got, want)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add([]byte("\x03accid"))
	f.Add([]byte("\xff\xff"))
	f.Fuzz(func(t *testing.T, key []byte) {
		part, rest, err := cut(key)
		if err == nil && !bytes.HasSuffix(key, append([]byte(part), rest...)) {
			t.Errorf("cut(%s) = %q, %q", hex.EncodeToString(key), part, rest)
		}
	})
}
