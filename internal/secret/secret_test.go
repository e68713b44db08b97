package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"regexp"
	"strconv"
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

// TestRedactorForms: however the text around it is written, the value is not in it.
func TestRedactorForms(t *testing.T) {
	for _, value := range []string{`Pa(ss)*wörd!"<&>'/+7\ ~x`, "Pass(word)!/+&x7", `%41\\n&amp;+ 𝄞`, "-----BEGIN-----\nMIIEow+/=\n", "aaaaaaab", "secret"} {
		r := secret.NewRedactor(secret.New(value))
		percent := func(safe string) string {
			var b strings.Builder
			for _, c := range []byte(value) {
				if c >= 0x80 || !strings.ContainsRune(safe+"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~", rune(c)) {
					fmt.Fprintf(&b, "%%%02X", c)
				} else {
					b.WriteByte(c)
				}
			}
			return b.String()
		}
		lowerEscapes := func(s string) string {
			return regexp.MustCompile("%..").ReplaceAllStringFunc(s, strings.ToLower)
		}
		quoted := func(s string, escapeHTML bool) string {
			var b strings.Builder
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(escapeHTML)
			if err := e.Encode(s); err != nil {
				t.Fatal(err)
			}
			return b.String()[1 : b.Len()-2]
		}
		entities := func(apostrophe string) string {
			return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", apostrophe).Replace(value)
		}
		b64 := base64.StdEncoding.EncodeToString([]byte(value))
		forms := map[string]string{
			"Itself": value, "PathEscape": url.PathEscape(value), "QueryEscape": url.QueryEscape(value),
			"EncodeURIComponent": percent("!'()*"), "EncodeURI": percent("!'()*;/?:@&=+$,#"), "PythonQuote": percent("/"), "Everything": percent(""),
			"LowerCaseEscapes": lowerEscapes(percent("")), "Twice": url.PathEscape(url.PathEscape(value)),
			"JSON": quoted(value, false), "JSONForHTML": quoted(value, true), "JSONInASCII": strings.Trim(strconv.QuoteToASCII(value), `"`),
			"JSONUpperCase": strings.NewReplacer("ö", `\u00F6`, "𝄞", `\uD834\uDD1E`).Replace(quoted(value, false)),
			"JSONSlashes":   strings.ReplaceAll(quoted(value, false), "/", `\/`), "JSONInJSON": quoted(quoted(value, false), false), "JSONInJSONInJSON": quoted(quoted(quoted(value, true), true), true),
			"HTML": html.EscapeString(value), "HTMLOfPython": entities("&#x27;"), "HTMLOfXML": entities("&apos;"), "HTMLWithZeros": entities("&#039;"), "HTMLTwice": html.EscapeString(html.EscapeString(value)),
			"Hex": hex.EncodeToString([]byte(value)), "HexUpperCase": strings.ToUpper(hex.EncodeToString([]byte(value))),
			"Base64": b64, "Base64InURL": url.QueryEscape(b64), "Base64InURLLowerCase": lowerEscapes(url.QueryEscape(b64)), "Base64URL": base64.RawURLEncoding.EncodeToString([]byte(value)),
		}
		for name, form := range forms {
			if name == "JSONInASCII" && value != "secret" && strings.ContainsRune(value, '𝄞') {
				form = strings.ReplaceAll(form, `\U0001d11e`, `\ud834\udd1e`) // as JSON has it
			}
			for _, around := range [][2]string{{"", ""}, {"see ", "."}, {`\\`, `\"`}, {"%25", "%2"}, {"&amp;", "&"}} {
				if got := r.Text(around[0] + form + around[1]); !strings.HasPrefix(strings.TrimRight(got, "="), around[0]) || !strings.Contains(got, secret.Mark) || len(got) > len(around[0]+secret.Mark+around[1])+2*len("%3D") {
					t.Errorf("%q as %s between %q is left as %q", value, name, around, got)
				}
			}
		}
		for _, before := range []string{"", "x", "xy", "xyz", "Bearer ", "user:"} {
			for _, after := range []string{"", "1", "12", "123"} {
				whole := base64.StdEncoding.EncodeToString([]byte(before + value + after))
				got := strings.TrimRight(r.Text("Basic "+whole), "=")
				if want := 4 * ((len(before) + 2) / 3); !strings.Contains(got, secret.Mark) || len(got) > len("Basic "+secret.Mark)+want+4*((len(after)+2)/3) {
					t.Errorf("%q between %q and %q in base64 is left as %q", value, before, after, got)
				}
			}
		}
	}
}

// TestRedactorLeaves: what is not the value stays as it is.
func TestRedactorLeaves(t *testing.T) {
	r := secret.NewRedactor(secret.New("aaaaab"), secret.New("p&q=100%"), secret.New("pin"))
	for _, text := range []string{
		"", "a", "aaaaa", "aaaaaa", "100%", "100% of p&q", "p&amp;q=100", "%", `\`, "&", "%2", `\u00`, `\u`, "&#", "&#x;", "&amp", "spinning", "&pin", `\ud834`, `\ud834\u`, "%zz",
		strings.Repeat(`\`, 100), strings.Repeat("%25", 100), strings.Repeat("&amp;", 100), strings.Repeat("a", 100),
	} {
		if got := r.Text(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// FuzzRedactor: nothing makes it stumble, and what is written in any of the usual ways
// is taken out.
func FuzzRedactor(f *testing.F) {
	f.Add("p&q=100%", `p&amp;q=100%25 \ud834\udd1e`)
	f.Fuzz(func(t *testing.T, value, text string) {
		r := secret.NewRedactor(secret.New(value))
		r.Text(text)
		if len(value) < 6 || r.Text(secret.Mark) != secret.Mark {
			return
		}
		for _, form := range []string{value, url.QueryEscape(value), html.EscapeString(value), hex.EncodeToString([]byte(value))} {
			if got := r.Text(form); got != secret.Mark {
				t.Errorf("%q of %q is left as %q", form, value, got)
			}
		}
	})
}

// BenchmarkRedactor is of an output of 64 KiB that holds no secret.
func BenchmarkRedactor(b *testing.B) {
	r := secret.NewRedactor(secret.New("xoxb-1234567890-abcdefghijklmnop"), secret.New("user@example.com:Zq8!kfPe"), secret.New("4f9a0c2be1d87a65"))
	for name, line := range map[string]string{
		"Text":  "The order of Ada Lovelace was sent on Monday, and the parcel is on its way to her. ",
		"JSON":  `{\"id\":\"A-1042\",\"total\":1250.5,\"customer\":{\"name\":\"Ada\",\"url\":\"https:\\/\\/example.com\\/a%20b\"}}`,
		"HTML":  `<td class=&quot;x&quot;>a &amp; b &lt;c&gt;</td><a href="/x?y=1&amp;z=2">z</a>`,
		"Bytes": base64.StdEncoding.EncodeToString([]byte("The order of Ada Lovelace was sent on Monday, and the parcel.")),
	} {
		text := strings.Repeat(line, 64<<10/len(line)+1)[:64<<10]
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.Text(text)
			}
		})
	}
	b.Run("New", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			secret.NewRedactor(secret.New("xoxb-1234567890-abcdefghijklmnop")).Text("short text")
		}
	})
}
