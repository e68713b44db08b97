package dynamodb_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"switchboard/internal/awsapi/dynamodb"
)

type state string

type inner struct {
	At   time.Time
	Code string `dynamodbav:"code,omitempty"`
}

type embedded struct {
	ID    string `dynamodbav:"id"`
	State state  `dynamodbav:"state,omitempty"`
}

// everything has every kind of field that items have.
type everything struct {
	embedded
	Text      string            `dynamodbav:"text"`
	Number    int64             `dynamodbav:"number"`
	Small     int8              `dynamodbav:"small,omitempty"`
	Yes       bool              `dynamodbav:"yes"`
	Maybe     bool              `dynamodbav:"maybe,omitempty"`
	Bytes     []byte            `dynamodbav:"bytes"`
	Raw       json.RawMessage   `dynamodbav:"raw,omitempty"`
	At        time.Time         `dynamodbav:"at"`
	Later     time.Time         `dynamodbav:"later,omitempty"`
	Texts     []string          `dynamodbav:"texts"`
	List      []inner           `dynamodbav:"list,omitempty"`
	Map       map[string]inner  `dynamodbav:"map"`
	Named     map[state]int     `dynamodbav:"named,omitempty"`
	Inner     inner             `dynamodbav:"inner"`
	Pointer   *inner            `dynamodbav:"pointer"`
	Omitted   *inner            `dynamodbav:"omitted,omitempty"`
	Untagged  map[string]string //
	Left      string            `dynamodbav:"-"`
	invisible string
}

// sdks makes of an item what the SDK has for it.
func sdks(v dynamodb.Value) types.AttributeValue {
	switch {
	case v.S != nil:
		return &types.AttributeValueMemberS{Value: *v.S}
	case v.N != nil:
		return &types.AttributeValueMemberN{Value: *v.N}
	case v.BOOL != nil:
		return &types.AttributeValueMemberBOOL{Value: *v.BOOL}
	case v.B != nil:
		return &types.AttributeValueMemberB{Value: v.B}
	case v.L != nil:
		l := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
		for _, e := range v.L {
			l.Value = append(l.Value, sdks(e))
		}
		return l
	case v.M != nil:
		return &types.AttributeValueMemberM{Value: sdksItem(v.M)}
	default:
		return &types.AttributeValueMemberNULL{Value: v.NULL}
	}
}

func sdksItem(i dynamodb.Item) map[string]types.AttributeValue {
	m := map[string]types.AttributeValue{}
	for name, v := range i {
		m[name] = sdks(v)
	}
	return m
}

// check makes an item of v, and v of the item again, with the SDK beside us, by way of
// the JSON that is sent.
func check(t *testing.T, v everything) {
	t.Helper()
	item, err := dynamodb.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	want, err := attributevalue.MarshalMap(v)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	var arrived dynamodb.Item
	if err := json.Unmarshal(text, &arrived); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sdksItem(arrived), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("the SDK makes (-), we make (+):\n%s", diff)
	}
	var ours, theirs everything
	if err := dynamodb.Unmarshal(arrived, &ours); err != nil {
		t.Fatal(err)
	}
	if err := attributevalue.UnmarshalMap(want, &theirs); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(theirs, ours, cmp.AllowUnexported(everything{}, embedded{})); diff != "" {
		t.Errorf("the SDK reads (-), we read (+):\n%s", diff)
	}
}

func TestMarshal(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 789, time.FixedZone("", 3600))
	for name, v := range map[string]everything{
		"Zero": {},
		"Full": {
			embedded: embedded{"id", "done"}, Text: "ä\"<\u2028", Number: -1 << 63, Small: -7, Yes: true, Maybe: true, Bytes: []byte{0, 255}, Raw: json.RawMessage(`{"a":1}`),
			At: at, Later: at, Texts: []string{"a", ""}, List: []inner{{at, "x"}, {}}, Map: map[string]inner{"a": {Code: "c"}}, Named: map[state]int{"s": 3},
			Inner: inner{at, "y"}, Pointer: &inner{at, ""}, Omitted: &inner{}, Untagged: map[string]string{"k": ""}, Left: "left", invisible: "no",
		},
		"Empty": {Bytes: []byte{}, Raw: json.RawMessage{}, Texts: []string{}, List: []inner{}, Map: map[string]inner{}, Named: map[state]int{}, Untagged: map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) { check(t, v) })
	}
	t.Run("Values", func(t *testing.T) { // of an expression
		v := map[string]any{":s": state("x"), ":n": int64(3), ":b": []byte{1}, ":t": at, ":i": inner{Code: "c"}, ":p": (*inner)(nil), ":z": nil}
		got, err := dynamodb.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		want, err := attributevalue.MarshalMap(v)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, sdksItem(got), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("the SDK makes (-), we make (+):\n%s", diff)
		}
	})
	for name, v := range map[string]any{
		"ErrNoItem": "text", "ErrNil": nil, "ErrKind": struct{ F float64 }{1}, "ErrDeep": map[string]any{"a": []any{func() {}}}, "ErrKeys": map[int]string{1: "a"},
	} {
		t.Run(name, func(t *testing.T) {
			if item, err := dynamodb.Marshal(v); err == nil {
				t.Errorf("made %v", item)
			}
		})
	}
}

func TestUnmarshal(t *testing.T) {
	for name, tt := range map[string]struct {
		item dynamodb.Item
		ok   bool
	}{
		"OK":          {dynamodb.Item{"text": dynamodb.Text("a"), "nobody": dynamodb.Text("b")}, true},
		"Null":        {dynamodb.Item{"number": {NULL: true}, "map": {NULL: true}}, true},
		"Nothing":     {nil, true},
		"ErrNumber":   {dynamodb.Item{"number": dynamodb.Text("1")}, false},
		"ErrFraction": {dynamodb.Item{"number": {N: new("1.5")}}, false},
		"ErrTooLarge": {dynamodb.Item{"small": dynamodb.Number(128)}, false},
		"ErrText":     {dynamodb.Item{"text": dynamodb.Number(1)}, false},
		"ErrBytes":    {dynamodb.Item{"bytes": dynamodb.Text("a")}, false},
		"ErrBool":     {dynamodb.Item{"yes": dynamodb.Text("true")}, false},
		"ErrTime":     {dynamodb.Item{"at": dynamodb.Text("yesterday")}, false},
		"ErrList":     {dynamodb.Item{"texts": {L: []dynamodb.Value{dynamodb.Number(1)}}}, false},
		"ErrNoList":   {dynamodb.Item{"texts": dynamodb.Text("a")}, false},
		"ErrMap":      {dynamodb.Item{"map": {M: dynamodb.Item{"a": dynamodb.Text("b")}}}, false},
		"ErrNoMap":    {dynamodb.Item{"map": dynamodb.Text("a")}, false},
		"ErrUnknown":  {dynamodb.Item{"text": {}}, false}, // a set, as it arrives
	} {
		t.Run(name, func(t *testing.T) {
			into := everything{Number: 7}
			if err := dynamodb.Unmarshal(tt.item, &into); (err == nil) != tt.ok {
				t.Errorf("err = %v", err)
			}
		})
	}
	if err := dynamodb.Unmarshal(dynamodb.Item{}, everything{}); err == nil {
		t.Error("read into what is no pointer")
	}
}

// FuzzMarshal looks for what we make otherwise than the SDK does.
func FuzzMarshal(f *testing.F) {
	f.Add("a", int64(1), true, []byte{1}, int64(0), uint8(3))
	f.Add("", int64(-5), false, []byte(nil), int64(1<<40), uint8(255))
	f.Fuzz(func(t *testing.T, text string, n int64, yes bool, b []byte, at int64, which uint8) {
		text = strings.ToValidUTF8(text, "?") // JSON carries nothing else
		v := everything{Text: text, Number: n, Small: int8(n), Yes: yes, At: time.Unix(at%(1<<37), n&0xfffff).UTC(), embedded: embedded{ID: text}}
		if which&1 != 0 {
			v.Bytes, v.Texts = b, []string{text, ""}
		}
		if which&2 != 0 {
			v.Raw, v.List = b, []inner{{Code: text}}
		}
		if which&4 != 0 {
			v.Map = map[string]inner{"k" + text: {At: v.At}}
		}
		if which&8 != 0 {
			v.Pointer, v.Omitted = &inner{Code: text}, &inner{}
		}
		check(t, v)
	})
}
