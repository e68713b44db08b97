package letter_test

import (
	"net/mail"
	"slices"
	"strings"
	"testing"
	"unicode"

	"switchboard/internal/connector/letter"
)

func TestSplitAddresses(t *testing.T) {
	tests := map[string][]string{
		"":                                      nil,
		" , ,":                                  nil,
		"a@x.org":                               {"a@x.org"},
		"a@x.org,b@x.org , c@x.org":             {"a@x.org", "b@x.org", "c@x.org"},
		`"Lee, Ann" <a@x.org>, b@x.org`:         {`"Lee, Ann" <a@x.org>`, "b@x.org"},
		`"say \", Ann" <a@x.org>,b@x.org`:       {`"say \", Ann" <a@x.org>`, "b@x.org"},
		"a@x.org (one, (two), \\), three), b@x": {"a@x.org (one, (two), \\), three)", "b@x"},
		`Ann <"a,b"@x.org>, c@x.org`:            {`Ann <"a,b"@x.org>`, "c@x.org"},
		`open "quote, b@x.org`:                  {`open "quote, b@x.org`},
	}
	for text, want := range tests {
		if got := letter.SplitAddresses(text); !slices.Equal(got, want) {
			t.Errorf("SplitAddresses(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{
		"ann@example.org", "Ann Lee <ann@example.org>", `"Lee, Ann" <ann@example.org>`, "zoë@bücher.example", `"a b"@[127.0.0.1]`,
		"=?utf-8?b?DQo=?= <a@b>", "a@b\r\nRCPT TO:<c@d>", "<a@b> SIZE=1", "a@b@c", "@", "a@", "group: a@b, c@d;", "a@xn--", "a@\u2028",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := letter.ParseAddress(text)
		if err != nil {
			return
		}
		if strings.ContainsFunc(got.Address+got.Name, unicode.IsControl) {
			t.Errorf("ParseAddress(%q) = %q, which holds a control character", text, got)
		}
		at := strings.LastIndexByte(got.Address, '@')
		if at < 1 || strings.ContainsAny(got.Address[at:], " <>") || got.Address[at+1:] == "" {
			t.Errorf("ParseAddress(%q) = %q, which is no address", text, got.Address)
		}
		again, err := mail.ParseAddress((&mail.Address{Name: got.Name, Address: got.Address}).String())
		if err != nil || again.Address != got.Address {
			t.Errorf("what is sent for %q reads as %v (%v)", text, again, err)
		}
	})
}
