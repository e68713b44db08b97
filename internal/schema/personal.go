package schema

import (
	"slices"

	"switchboard/internal/secret"
)

// hide says whether some field has values that are never stored.
func (fs Fields) hide() bool { return slices.ContainsFunc(fs, Field.hides) }

func (f Field) hides() bool { return f.Personal || f.Kind == Secret || f.Fields.hide() }

// Storable gives a config as it may be stored: a mark stands for every value of a
// personal or secret field, while lists keep their length and maps their names. Without
// such a field it is the config itself, which is never changed.
func (fs Fields) Storable(config map[string]any) map[string]any {
	if !fs.hide() {
		return config
	}
	storable := make(map[string]any, len(config))
	for name, v := range config {
		f, _ := fs.Lookup(name)
		storable[name] = f.storable(v)
	}
	return storable
}

func (f Field) storable(v any) any {
	switch {
	case f.Kind == Secret:
		return marked(v, secret.Mark, false)
	case f.Personal:
		return marked(v, secret.PersonalMark, f.Kind == Map)
	case f.Fields.hide():
		return f.storableItems(v)
	default:
		return v
	}
}

// storableItems are those of a list of objects some of whose fields hide their values.
func (f Field) storableItems(v any) any {
	items, _ := v.([]any)
	storable := make([]any, len(items))
	for i, item := range items {
		fields, _ := item.(map[string]any)
		storable[i] = f.Fields.Storable(fields)
	}
	return storable
}

// marked puts a mark in place of a value. What is empty says nothing, and stays; the
// names in an object do so only where the field is one of names that services define.
func marked(v any, mark string, named bool) any {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		if v == "" {
			return v
		}
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = marked(e, mark, false)
		}
		return list
	case map[string]any:
		if named {
			values := make(map[string]any, len(v))
			for name, e := range v {
				values[name] = marked(e, mark, false)
			}
			return values
		}
	}
	return mark
}
