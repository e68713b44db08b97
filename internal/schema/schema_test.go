package schema_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"switchboard/internal/schema"
)

var (
	name   = schema.Field{Name: "name", Kind: schema.Text, Title: "Name", Required: true, MaxLength: 5}
	phone  = schema.Field{Name: "phone", Kind: schema.Text, Title: "Phone", Pattern: `\+[0-9]+`, PatternHint: "Begin with +."}
	note   = schema.Field{Name: "note", Kind: schema.Text, Title: "Note"}
	count  = schema.Field{Name: "count", Kind: schema.Integer, Title: "Count", Min: schema.Limit(1), Max: schema.Limit(9), Default: int64(3)}
	ratio  = schema.Field{Name: "ratio", Kind: schema.Number, Title: "Ratio"}
	loud   = schema.Field{Name: "loud", Kind: schema.Boolean, Title: "Loud"}
	color  = schema.Field{Name: "color", Kind: schema.Choice, Title: "Color", Choices: []string{"red", "blue"}}
	to     = schema.Field{Name: "to", Kind: schema.List, Title: "To", MaxLength: 2}
	query  = schema.Field{Name: "query", Kind: schema.Map, Title: "Query"}
	body   = schema.Field{Name: "body", Kind: schema.JSON, Title: "Body"}
	file   = schema.Field{Name: "file", Kind: schema.Text, Title: "File", Required: true}
	files  = schema.Field{Name: "files", Kind: schema.Items, Title: "Files", Fields: schema.Fields{file}}
	row    = schema.Field{Name: "row", Kind: schema.Values, Title: "Row"}
	secret = schema.Field{Name: "secret", Kind: schema.Secret, Title: "Secret"}
	fields = schema.Fields{name, phone, note, count, ratio, loud, color, to, query, body, files, row, secret}
)

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var m map[string]any
	if err := dec.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDecode(t *testing.T) {
	in, problems := fields.Decode(object(t, `{"name":7,"phone":"+49","note":"","count":"5","ratio":"1.5","loud":"true","color":"red",
		"to":"a@x","query":{"q":1},"body":[null],"files":[{"file":"f"}],"row":[1,"x"],"secret":"s"}`))
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	got := []any{
		in.Text(name), in.Text(phone), in.Text(note), in.Int(count), in.Float(ratio), in.Bool(loud), in.Text(color), in.List(to),
		in.Map(query), in.Any(body), in.Items(files)[0].Text(file), in.Values(row), in.Secret(secret).Reveal(),
	}
	want := []any{
		"7", "+49", "", 5, 1.5, true, "red", []string{"a@x"},
		map[string]any{"q": json.Number("1")}, []any{nil}, "f", []any{json.Number("1"), "x"}, "s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	in, problems = fields.Decode(object(t, `{"name":"x"}`))
	if len(problems) > 0 || in.Int(count) != 3 || in.Has(phone) {
		t.Errorf("defaults: %+v, count %d, phone given %v", problems, in.Int(count), in.Has(phone))
	}
}

func TestDecodeErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                  "/name missing_field",
		`{"name":""}`:                         "/name missing_field",
		`{"name":null}`:                       "/name missing_field",
		`{"name":"toolong"}`:                  "/name invalid_value",
		`{"name":"äöüäö"}`:                    "",
		`{"name":["x"]}`:                      "/name wrong_type",
		`{"name":"x","phone":"49"}`:           "/phone invalid_value",
		`{"name":"x","count":0}`:              "/count invalid_value",
		`{"name":"x","count":1.5}`:            "/count wrong_type",
		`{"name":"x","count":true}`:           "/count wrong_type",
		`{"name":"x","ratio":"many"}`:         "/ratio wrong_type",
		`{"name":"x","loud":"loud"}`:          "/loud wrong_type",
		`{"name":"x","color":"green"}`:        "/color invalid_value",
		`{"name":"x","to":["a","b","c"]}`:     "/to invalid_value",
		`{"name":"x","to":[{}]}`:              "/to/0 wrong_type",
		`{"name":"x","query":[]}`:             "/query wrong_type",
		`{"name":"x","query":{"a/b":{}}}`:     "/query/a~1b wrong_type",
		`{"name":"x","files":[{},{"fil":1}]}`: "/files/0/file missing_field, /files/1/file missing_field, /files/1/fil unknown_field",
		`{"name":"x","files":{}}`:             "/files wrong_type",
		`{"name":"x","row":1}`:                "/row wrong_type",
		`{"name":"x","nme":1}`:                "/nme unknown_field",
	} {
		t.Run(text, func(t *testing.T) {
			_, problems := fields.Decode(object(t, text))
			var got []string
			for _, p := range problems {
				got = append(got, p.Pointer+" "+p.Code)
				if p.Message == "" {
					t.Errorf("%s has no message", p.Pointer)
				}
			}
			if s := strings.Join(got, ", "); s != want {
				t.Errorf("problems %q, want %q", s, want)
			}
		})
	}
}

// TestCheck leaves values alone whose type is not known before they are rendered.
func TestCheck(t *testing.T) {
	dynamic := func(s string) bool { return strings.Contains(s, "{{") }
	raw := object(t, `{"name":"{{a very long name}}","count":"{{n}}","color":"{{c}}","to":["{{a}}"],"files":["{{f}}"],"body":"{{b}}"}`)
	if problems := fields.Check(raw, dynamic); len(problems) > 0 {
		t.Errorf("%+v", problems)
	}
	if problems := fields.Check(object(t, `{"name":"{{x}}","color":"green"}`), dynamic); len(problems) != 1 {
		t.Errorf("%+v, want one about the color", problems)
	}
}

// TestJSONSchema holds the schema to what Decode takes, as far as both can say it.
func TestJSONSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	text, err := json.Marshal(fields.JSONSchema())
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource("mem:///fields", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("mem:///fields")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{
		`{"name":"x","phone":"+49","count":5,"ratio":1.5,"loud":true,"color":"red","to":["a@x"],"query":{"q":1},"body":[null],"files":[{"file":"f"}],"row":[1,"x"],"secret":"s"}`,
		`{"name":"x","to":"a@x"}`,
	} {
		if err := compiled.Validate(must(jsonschema.UnmarshalJSON(strings.NewReader(value)))); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
	for _, value := range []string{`{}`, `{"name":"toolong"}`, `{"name":"x","color":"green"}`, `{"name":"x","count":0}`, `{"name":"x","phone":"49"}`, `{"name":"x","nme":1}`} {
		if err := compiled.Validate(must(jsonschema.UnmarshalJSON(strings.NewReader(value)))); err == nil {
			t.Errorf("%s is accepted", value)
		}
	}
	order, _ := fields.JSONSchema()["x-order"].([]string)
	if !slices.Equal(order, fields.Names()) {
		t.Errorf("order %v, want that of the declaration", order)
	}
}

func must(v any, err error) any {
	if err != nil {
		panic(fmt.Sprintf("reading a test's JSON: %v", err))
	}
	return v
}
