package asl

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// writer writes machines as JSON, into one buffer. encoding/json would write the
// same bytes, but every machine within a machine anew at each level, and maps by
// reflection: that was half the time of compiling a workflow.
type writer struct {
	b     []byte
	pairs []Member // of the objects around the place, each sorted
	types map[reflect.Type][]member
	// retries has where a list of retriers was written: most tasks share one.
	retries map[*Retrier]span
}

// span is a part of what was written.
type span struct{ from, to int }

// stateBytes is what a state takes, about: a buffer that need not grow is half of
// the memory.
const stateBytes = 1100

// write writes a machine.
func write(m *Machine) ([]byte, error) {
	w := writer{b: make([]byte, 0, stateBytes*(states(m)+1)), types: map[reflect.Type][]member{}, retries: map[*Retrier]span{}}
	if err := w.machine(m); err != nil {
		return nil, err
	}
	return w.b, nil
}

// states counts the states of a machine and of those within it; a machine that is
// missing has none, so that Validate can say so.
func states(m *Machine) int {
	if m == nil {
		return 0
	}
	n := len(m.States)
	for _, s := range m.States {
		switch s := s.(type) {
		case *Parallel:
			for _, branch := range s.Branches {
				n += states(branch)
			}
		case *Map:
			n += states(s.ItemProcessor)
		}
	}
	return n
}

// Member is a member of an Object.
type Member struct {
	Name  string
	Value any
}

// Object is a JSON object that is only made to be written, and is cheaper to make
// than a map. Its names are all different; they are written in order.
type Object []Member

// Set adds a member that is not there yet.
func (o *Object) Set(name string, value any) { *o = append(*o, Member{name, value}) }

// Get gives a member's value; nil where there is none of the name.
func (o *Object) Get(name string) any {
	for i := range *o {
		if (*o)[i].Name == name {
			return (*o)[i].Value
		}
	}
	return nil
}

// Put sets a member that may be there already.
func (o *Object) Put(name string, value any) {
	for i := range *o {
		if (*o)[i].Name == name {
			(*o)[i].Value = value
			return
		}
	}
	o.Set(name, value)
}

// member is a field of a struct.
type member struct {
	head      string // `"Name":`
	omitEmpty bool
}

func (w *writer) membersOf(t reflect.Type) []member {
	list, ok := w.types[t]
	if ok {
		return list
	}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		list = append(list, member{`"` + name + `":`, options == "omitempty"})
	}
	w.types[t] = list
	return list
}

// machine writes a machine with its keys in a fixed order.
func (w *writer) machine(m *Machine) error {
	w.b = append(w.b, '{')
	if m.Comment != "" {
		w.b = appendText(append(w.b, `"Comment":`...), m.Comment)
		w.b = append(w.b, ',')
	}
	if m.QueryLanguage != "" {
		w.b = appendText(append(w.b, `"QueryLanguage":`...), m.QueryLanguage)
		w.b = append(w.b, ',')
	}
	if m.ProcessorConfig != nil {
		w.b = appendText(append(w.b, `"ProcessorConfig":{"Mode":`...), m.ProcessorConfig.Mode)
		w.b = append(w.b, "},"...)
	}
	if m.TimeoutSeconds != 0 {
		w.b = strconv.AppendInt(append(w.b, `"TimeoutSeconds":`...), m.TimeoutSeconds, 10)
		w.b = append(w.b, ',')
	}
	w.b = appendText(append(w.b, `"StartAt":`...), m.StartAt)
	w.b = append(w.b, `,"States":{`...)
	names := make([]string, 0, len(m.States))
	for name := range m.States {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		if err := w.state(name, m.States[name]); err != nil {
			return fmt.Errorf("encoding state %q: %w", name, err)
		}
	}
	w.b = append(w.b, "}}"...)
	return nil
}

// state writes a state under its name, with its type as the first member.
func (w *writer) state(name string, s State) error {
	w.b = append(appendText(w.b, name), `:{"Type":"`...)
	w.b = append(w.b, s.stateType()...)
	w.b = append(w.b, '"')
	if err := w.members(reflect.ValueOf(s).Elem(), ','); err != nil {
		return err
	}
	w.b = append(w.b, '}')
	return nil
}

// members writes the fields of a struct: sep, then commas, before each.
func (w *writer) members(s reflect.Value, sep byte) error {
	for i, m := range w.membersOf(s.Type()) {
		f := s.Field(i)
		if m.omitEmpty && empty(f) {
			continue
		}
		w.b = append(append(w.b, sep), m.head...)
		sep = ','
		if err := w.field(f); err != nil {
			return err
		}
	}
	if sep == '{' {
		w.b = append(w.b, sep)
	}
	return nil
}

var textType = reflect.TypeFor[string]()

// empty is what encoding/json leaves out.
func empty(f reflect.Value) bool {
	switch f.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return f.Len() == 0
	default:
		return f.IsZero()
	}
}

func (w *writer) field(f reflect.Value) error {
	switch f.Kind() {
	case reflect.Pointer:
		if m, ok := reflect.TypeAssert[*Machine](f); ok && m != nil {
			return w.machine(m)
		}
		if n, ok := reflect.TypeAssert[*int64](f); ok && n != nil {
			w.b = strconv.AppendInt(w.b, *n, 10)
			return nil
		}
		return w.other(f.Interface())
	case reflect.Int64:
		w.b = strconv.AppendInt(w.b, f.Int(), 10)
		return nil
	case reflect.Float64:
		if n := f.Float(); n >= 1e-6 && n < 1e21 { // or else encoding/json writes an exponent
			w.b = strconv.AppendFloat(w.b, n, 'f', -1, 64)
			return nil
		}
		return w.other(f.Interface())
	case reflect.Bool:
		w.b = strconv.AppendBool(w.b, f.Bool())
		return nil
	case reflect.Struct:
		if err := w.members(f, '{'); err != nil {
			return err
		}
		w.b = append(w.b, '}')
		return nil
	case reflect.String:
		if f.Type() == textType {
			w.b = appendText(w.b, f.String())
			return nil
		}
		return w.value(f.Interface())
	case reflect.Slice:
		if f.IsNil() {
			return w.other(f.Interface())
		}
		if list, ok := reflect.TypeAssert[[]Retrier](f); ok && len(list) > 0 {
			if at, ok := w.retries[&list[0]]; ok && at.to > 0 {
				w.b = append(w.b, w.b[at.from:at.to]...)
				return nil
			}
			from := len(w.b)
			defer func() { w.retries[&list[0]] = span{from, len(w.b)} }()
		}
		w.b = append(w.b, '[')
		for i := range f.Len() {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			if err := w.field(f.Index(i)); err != nil {
				return err
			}
		}
		w.b = append(w.b, ']')
		return nil
	default:
		return w.value(f.Interface())
	}
}

// value writes a JSON value with its expressions.
func (w *writer) value(v any) error {
	switch v := v.(type) {
	case string:
		w.b = appendText(w.b, v)
		return nil
	case Expr:
		w.b = appendQuoted(w.b, "{% ", string(v), " %}")
		return nil
	case int:
		w.b = strconv.AppendInt(w.b, int64(v), 10)
		return nil
	case int64:
		w.b = strconv.AppendInt(w.b, v, 10)
		return nil
	case bool:
		w.b = strconv.AppendBool(w.b, v)
		return nil
	case nil:
		w.b = append(w.b, "null"...)
		return nil
	case Object:
		outside := len(w.pairs)
		w.pairs = append(w.pairs, v...)
		return w.pushed(outside)
	case []string:
		if v == nil {
			return w.other(v)
		}
		w.b = append(w.b, '[')
		for i, text := range v {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.b = appendText(w.b, text)
		}
		w.b = append(w.b, ']')
		return nil
	case Assign:
		return w.object(v)
	case map[string]any:
		return w.object(v)
	case []any:
		if v == nil {
			return w.other(v)
		}
		w.b = append(w.b, '[')
		for i, e := range v {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			if err := w.value(e); err != nil {
				return err
			}
		}
		w.b = append(w.b, ']')
		return nil
	default:
		return w.other(v)
	}
}

func (w *writer) object(v map[string]any) error {
	if v == nil {
		return w.other(v)
	}
	outside := len(w.pairs)
	for name, value := range v {
		w.pairs = append(w.pairs, Member{name, value})
	}
	return w.pushed(outside)
}

// pushed writes the members from a place on, as an object.
func (w *writer) pushed(outside int) error {
	w.b = append(w.b, '{')
	slices.SortFunc(w.pairs[outside:], func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	for i := range len(w.pairs) - outside {
		p := w.pairs[outside+i] // values append behind these
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(appendText(w.b, p.Name), ':')
		if err := w.value(p.Value); err != nil {
			return err
		}
	}
	w.pairs = w.pairs[:outside]
	w.b = append(w.b, '}')
	return nil
}

// appendText appends a text as JSON.
func appendText(b []byte, s string) []byte { return appendQuoted(b, "", s, "") }

// appendQuoted appends a text as JSON that has others before and behind it, which need
// no escapes. Expressions are full of quotes; what else has to be escaped is rare, and
// left to encoding/json.
func appendQuoted(b []byte, before, s, behind string) []byte {
	begin, from := len(b), 0
	b = append(append(b, '"'), before...)
	for i := range len(s) {
		switch c := s[i]; {
		case asItIs[c]:
		case c == '"' || c == '\\':
			b = append(append(b, s[from:i]...), '\\', c)
			from = i + 1
		default:
			return append(b[:begin], quoted(before+s+behind)...)
		}
	}
	b = append(append(b, s[from:]...), behind...)
	return append(b, '"')
}

// asItIs says which bytes of a text JSON has as they are.
var asItIs = func() (is [256]bool) {
	for c := byte(' '); c < 0x7f; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

// quoted is a text as encoding/json writes it.
func quoted(s string) []byte {
	text, err := marshal(s)
	if err != nil { // cannot happen: a string always encodes
		panic(fmt.Sprintf("quoting a text: %v", err))
	}
	return text
}

// other writes what is rare.
func (w *writer) other(v any) error {
	text, err := marshal(v)
	w.b = append(w.b, text...)
	return err
}
