package event_test

import (
	"encoding/json"
	"strings"
	"testing"

	"switchboard/internal/event"
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

// fitting are filters, and whether details fit them.
var fitting = []struct {
	filter, detail string
	want           bool
}{
	{`{}`, `{"a":1}`, true},
	{`{"a":[1]}`, `{"a":1.0}`, true},
	{`{"a":[1]}`, `{"a":"1"}`, false},
	{`{"a":["x","y"]}`, `{"a":"y","b":2}`, true},
	{`{"a":["x"]}`, `{"b":"x"}`, false},
	{`{"a":["x"]}`, `{"a":["z","x"]}`, true},
	{`{"a":[null]}`, `{"a":null}`, true},
	{`{"a":[null]}`, `{}`, false},
	{`{"a":[true]}`, `{"a":true}`, true},
	{`{"a":{"b":["x"]}}`, `{"a":{"b":"x","c":1}}`, true},
	{`{"a":{"b":["x"]}}`, `{"a":"x"}`, false},
	{`{"a":["x"],"b":["y"]}`, `{"a":"x","b":"z"}`, false},
	{`{"a":[{"prefix":"ab"}]}`, `{"a":"abc"}`, true},
	{`{"a":[{"suffix":"bc"}]}`, `{"a":"abc"}`, true},
	{`{"a":[{"equals-ignore-case":"ABC"}]}`, `{"a":"abc"}`, true},
	{`{"a":[{"exists":false}]}`, `{}`, true},
	{`{"a":[{"exists":true}]}`, `{}`, false},
	{`{"a":[{"anything-but":["x","y"]}]}`, `{"a":"z"}`, true},
	{`{"a":[{"anything-but":"x"}]}`, `{"a":"x"}`, false},
	{`{"a":[{"anything-but":{"prefix":"x"}}]}`, `{"a":"xy"}`, false},
	{`{"a":[{"anything-but":"x"}]}`, `{}`, false},
	{`{"a":[{"numeric":[">",0,"<=",5]}]}`, `{"a":5}`, true},
	{`{"a":[{"numeric":[">",0,"<=",5]}]}`, `{"a":5.1}`, false},
	{`{"a":[{"numeric":["=",3]}]}`, `{"a":"3"}`, false},
	{`{"a":["x"]}`, `{"a":[["y",["x"]]]}`, true},
	{`{"a":["x"]}`, `{"a":{"x":"x"}}`, false},
	{`{"a":[{"exists":true}]}`, `{"a":{"b":1}}`, false},
	{`{"a":[{"exists":false}]}`, `{"a":{"b":1}}`, true},
	{`{"a":[{"exists":false}]}`, `{"a":[]}`, true},
	{`{"a":{"b":[{"exists":false}]}}`, `{}`, true},
	{`{"a":{"b":["x"]}}`, `{"a":[{"b":"y"},{"b":"x"}]}`, true},
	{`{"a":{"b":["x"],"c":["y"]}}`, `{"a":[{"b":"x"},{"c":"y"}]}`, false},
	{`{"a":{"b":[{"exists":false}]}}`, `{"a":[{"b":1},{"c":1}]}`, false},
	{`{"a":[{"anything-but":1}]}`, `{"a":"1"}`, true},
	{`{"a":[12345678901]}`, `{"a":12345678901}`, true},
}

func TestFits(t *testing.T) {
	for _, c := range fitting {
		p, problems := event.Parse(object(t, c.filter))
		if len(problems) > 0 {
			t.Errorf("%s: %+v", c.filter, problems)
		}
		if got := p.Fits(object(t, c.detail)); got != c.want {
			t.Errorf("%s fits %s = %v, want %v", c.filter, c.detail, got, c.want)
		}
	}
}

// refused are filters that are not valid, and where.
var refused = map[string]string{
	`{"a":"x"}`:                         "/a",
	`{"a":[]}`:                          "/a",
	`{"a":[["x"]]}`:                     "/a/0",
	`{"a":{"b":1}}`:                     "/a/b",
	`{"a":["x",{"prefx":"y"}]}`:         "/a/1",
	`{"a":[{"prefix":"x","suffix":1}]}`: "/a/0",
	`{"a":[{"prefix":1}]}`:              "/a/0",
	`{"a":[{"exists":"yes"}]}`:          "/a/0",
	`{"a":[{"numeric":[">"]}]}`:         "/a/0",
	`{"a":[{"numeric":["!",1]}]}`:       "/a/0",
	`{"a":[{"numeric":[">","x"]}]}`:     "/a/0",
	strings.Repeat(`{"a":`, 25) + `["x"]` + strings.Repeat(`}`, 25): strings.Repeat("/a", 21),
	`{"a":{}}`:                                 "/a",
	`{"$or":[{"a":["x"]},{"b":["y"]}]}`:        "/$or",
	`{"a":[{"anything-but":[]}]}`:              "/a/0",
	`{"a":[{"anything-but":[null]}]}`:          "/a/0",
	`{"a":[{"anything-but":["x",1]}]}`:         "/a/0",
	`{"a":[{"anything-but":{"exists":true}}]}`: "/a/0",
	`{"a":[{"anything-but":{"prefix":1}}]}`:    "/a/0",
	`{"a":[{"numeric":["<",5,">",0]}]}`:        "/a/0",
	`{"a":[{"numeric":[">",5,"<",0]}]}`:        "/a/0",
	`{"a":[{"numeric":["=",5,"<",7]}]}`:        "/a/0",
	`{"a":[{"numeric":["=",12345678901]}]}`:    "/a/0",
	`{"a":[{"numeric":[">",5000000000]}]}`:     "/a/0",
}

func TestParseErrors(t *testing.T) {
	for filter, at := range refused {
		_, problems := event.Parse(object(t, filter))
		if len(problems) != 1 || problems[0].Pointer != at || problems[0].Message == "" {
			t.Errorf("%s: %+v, want one problem at %s", filter, problems, at)
		}
	}
}
