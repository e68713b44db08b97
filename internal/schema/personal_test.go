package schema_test

import (
	"reflect"
	"testing"

	"switchboard/internal/schema"
)

func TestStorable(t *testing.T) {
	plain := schema.Field{Name: "subject", Kind: schema.Text, Content: true}
	tests := []struct {
		name        string
		field       schema.Field
		given, want any
	}{
		{"Text", schema.Field{Kind: schema.Text, Personal: true}, "Ann", "[personal]"},
		{"Nothing", schema.Field{Kind: schema.Text, Personal: true}, "", ""},
		{"Null", schema.Field{Kind: schema.Text, Personal: true, Nullable: true}, nil, nil},
		{"Number", schema.Field{Kind: schema.Integer, Personal: true}, int64(7), "[personal]"},
		{"Secret", schema.Field{Kind: schema.Secret}, "key", "[redacted]"},
		{"List", schema.Field{Kind: schema.List, Personal: true}, []any{"a@b.c", "d@e.f"}, []any{"[personal]", "[personal]"}},
		{"OneTextForAList", schema.Field{Kind: schema.List, Personal: true}, "a@b.c", "[personal]"},
		{"Map", schema.Field{Kind: schema.Map, Personal: true}, map[string]any{"phone": "1", "city": ""}, map[string]any{"phone": "[personal]", "city": ""}},
		{"ObjectWhoseNamesMayBeAnything", schema.Field{Kind: schema.Object, Personal: true}, map[string]any{"a@b.c": true}, "[personal]"},
		{"Items", schema.Field{Kind: schema.Items, Fields: schema.Fields{{Name: "email", Kind: schema.Text, Personal: true}, {Name: "role", Kind: schema.Text}}},
			[]any{map[string]any{"email": "a@b.c", "role": "cc"}}, []any{map[string]any{"email": "[personal]", "role": "cc"}}},
		{"ItemsThatAreNone", schema.Field{Kind: schema.Items, Fields: schema.Fields{{Name: "email", Kind: schema.Text, Personal: true}}}, "a@b.c", []any{}},
		{"Content", schema.Field{Kind: schema.Text, Content: true}, "Hello", "Hello"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.field.Name = "f"
			config := map[string]any{"f": tt.given, "subject": "Hi"}
			got := schema.Fields{tt.field, plain}.Storable(config)
			if want := map[string]any{"f": tt.want, "subject": "Hi"}; !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if !reflect.DeepEqual(config["f"], tt.given) {
				t.Error("the config was changed")
			}
		})
	}
}
