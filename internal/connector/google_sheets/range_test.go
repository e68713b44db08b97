package googlesheets_test

import (
	"strings"
	"testing"

	googlesheets "switchboard/internal/connector/google_sheets"
	"switchboard/internal/fault"
)

func TestQuoteRange(t *testing.T) {
	good := map[string]string{
		"A1": "A1", "A1:B2": "A1:B2", "A:C": "A:C", "1:3": "1:3", "$A$1:B": "$A$1:B", "a2:c": "a2:c",
		"Orders": "Orders", "Orders!A1:D20": "Orders!A1:D20", "Orders!A:D": "Orders!A:D", "Orders!A2:C": "Orders!A2:C",
		"My orders!A1": "'My orders'!A1", "My orders": "'My orders'", "'My orders'!A1:B2": "'My orders'!A1:B2", "'My orders'": "'My orders'",
		"Ann's!A1": "'Ann''s'!A1", "'Ann''s'!A1": "'Ann''s'!A1", "Stop!!A1": "'Stop!'!A1", "2026!A1": "'2026'!A1", "ABC!A1": "'ABC'!A1",
		"Übersicht!B2:B": "'Übersicht'!B2:B", " Orders!A1 ": "Orders!A1", "Q1!A1": "'Q1'!A1", "Open/Closed!A1": "'Open/Closed'!A1", "Orders!ZZZ10000000": "Orders!ZZZ10000000",
	}
	for text, want := range good {
		t.Run(text, func(t *testing.T) {
			if got, err := googlesheets.QuoteRange(text); err != nil || got != want {
				t.Errorf("QuoteRange = %q, %v, want %q", got, err, want)
			}
		})
	}
	bad := map[string]string{
		"": "it is empty", "!A1": "no sheet", "Orders!": "not a cell", "Orders!A0": "counted from 1", "Orders!A": "A:A", "Orders!1": "1:1",
		"Orders!A1:": "not a cell", "Orders!B2:A1": "ends before it begins", "Orders!A5:A1": "ends before it begins", "Orders!A1:5": "a column and the other has none",
		"Orders!AAAA1": "not a cell", "Orders!A10000001": "does not exist", "Orders!A:D5": "no first one", "'My orders!A1": "not closed", "'My'orders!A1": "written twice",
		"Orders!A1;B2": "not a cell", "Orders!A1:B2:C3": "not a cell", "Orders!A1,B2": "not a cell",
	}
	for text, why := range bad {
		t.Run("Err"+text, func(t *testing.T) {
			got, err := googlesheets.QuoteRange(text)
			f := fault.Of(err)
			if err == nil || f.Code != fault.InvalidInput || !strings.Contains(f.Message, why) || len(f.Fields) != 1 || f.Fields[0].Pointer != "/range" {
				t.Errorf("QuoteRange = %q, %v, want an error at /range with %q", got, err, why)
			}
		})
	}
}

// FuzzQuoteRange: what was quoted stays as it is when it is quoted again.
func FuzzQuoteRange(f *testing.F) {
	for _, seed := range []string{"A1", "My orders!A1:B2", "'Ann''s'!A:A", "'", "!", "''!A1", "x!y!A1", "A:A!A:A", "\x00!A1", "'a'!'b'!A1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, err := googlesheets.QuoteRange(text)
		if err != nil {
			return
		}
		if twice, err := googlesheets.QuoteRange(once); err != nil || twice != once {
			t.Errorf("%q is written as %q, and that as %q, %v", text, once, twice, err)
		}
	})
}
