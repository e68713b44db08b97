package dynamodb

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Item is an item, or the key of one: its attributes by name.
type Item map[string]Value

// Value is the value of an attribute. It is as JSON has it: one of the fields is set.
// Sets are not used.
type Value struct {
	S    *string `json:",omitzero"`
	N    *string `json:",omitzero"`
	B    []byte  `json:",omitzero"` // omitzero keeps what is empty and not nil
	BOOL *bool   `json:",omitzero"`
	NULL bool    `json:",omitzero"`
	M    Item    `json:",omitzero"`
	L    []Value `json:",omitzero"`
}

// Text is a text.
func Text(s string) Value { return Value{S: &s} }

// Number is a number.
func Number(n int64) Value { return Value{N: new(strconv.FormatInt(n, 10))} }

// Text gives a text; "" if it is none.
func (v Value) Text() string {
	if v.S == nil {
		return ""
	}
	return *v.S
}

// Marshal makes an item of a struct or a map. Fields have the names of their tag
// dynamodbav, which can say omitempty and -, or their own; those of embedded structs are
// the outer's. Bytes are binary, times texts. Items are the same as those that the SDK's
// attributevalue makes.
func Marshal(from any) (Item, error) {
	v, err := encode(reflect.ValueOf(from))
	if err != nil {
		return nil, err
	}
	if v.M == nil {
		return nil, fmt.Errorf("encoding %T: it is no item", from)
	}
	return v.M, nil
}

// Unmarshal reads an item into the struct or map that into points to. Attributes
// that it has no field for are passed over.
func Unmarshal(i Item, into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return errors.New("decoding an item: there is nothing to decode into")
	}
	if i == nil {
		return nil
	}
	return decode(Value{M: i}, v.Elem())
}

// A field is one of a struct's, its embedded ones' among them.
type field struct {
	name      string
	index     []int
	omitEmpty bool
}

var fieldCache sync.Map // of []field, by reflect.Type

var timeType = reflect.TypeFor[time.Time]()

func fieldsOf(t reflect.Type) []field {
	if found, ok := fieldCache.Load(t); ok {
		return found.([]field) //nolint:forcetypeassert // nothing else is stored
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("dynamodbav"), ",")
		if !f.IsExported() || f.Anonymous || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields = append(fields, field{name, f.Index, options == "omitempty"})
	}
	fieldCache.Store(t, fields)
	return fields
}

func encode(v reflect.Value) (Value, error) {
	if !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface || v.Kind() == reflect.Map || v.Kind() == reflect.Slice) && v.IsNil() {
		return Value{NULL: true}, nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return encode(v.Elem())
	case reflect.String:
		return Text(v.String()), nil
	case reflect.Bool:
		return Value{BOOL: new(v.Bool())}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Number(v.Int()), nil
	case reflect.Slice:
		return encodeSlice(v)
	case reflect.Map:
		return encodeMap(v)
	case reflect.Struct:
		return encodeStruct(v)
	default:
		return Value{}, fmt.Errorf("encoding a %s: DynamoDB has none", v.Type())
	}
}

func encodeSlice(v reflect.Value) (Value, error) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return Value{B: v.Bytes()}, nil
	}
	l := make([]Value, v.Len())
	for n := range l {
		var err error
		if l[n], err = encode(v.Index(n)); err != nil {
			return Value{}, err
		}
	}
	return Value{L: l}, nil
}

func encodeMap(v reflect.Value) (Value, error) {
	if v.Type().Key().Kind() != reflect.String {
		return Value{}, fmt.Errorf("encoding a %s: its keys are no texts", v.Type())
	}
	m := make(Item, v.Len())
	for entries := v.MapRange(); entries.Next(); {
		value, err := encode(entries.Value())
		if err != nil {
			return Value{}, err
		}
		m[entries.Key().String()] = value
	}
	return Value{M: m}, nil
}

func encodeStruct(v reflect.Value) (Value, error) {
	if v.Type() == timeType {
		at, _ := v.Interface().(time.Time)
		return Text(at.Format(time.RFC3339Nano)), nil
	}
	m := Item{}
	for _, f := range fieldsOf(v.Type()) {
		of := v.FieldByIndex(f.index)
		if f.omitEmpty && of.Kind() != reflect.Struct && of.IsZero() {
			continue
		}
		value, err := encode(of)
		if err != nil {
			return Value{}, fmt.Errorf("%s: %w", f.name, err)
		}
		m[f.name] = value
	}
	return Value{M: m}, nil
}

// errKind is that a value has another kind than what it is read into.
var errKind = errors.New("it is of another kind")

func decode(v Value, into reflect.Value) error {
	if v.NULL {
		into.SetZero()
		return nil
	}
	err := errKind
	switch into.Kind() {
	case reflect.Pointer:
		if into.IsNil() {
			into.Set(reflect.New(into.Type().Elem()))
		}
		return decode(v, into.Elem())
	case reflect.String:
		if v.S != nil {
			into.SetString(*v.S)
			return nil
		}
	case reflect.Bool:
		if v.BOOL != nil {
			into.SetBool(*v.BOOL)
			return nil
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if v.N != nil {
			return decodeNumber(*v.N, into)
		}
	case reflect.Slice:
		return decodeSlice(v, into)
	case reflect.Map:
		if v.M != nil && into.Type().Key().Kind() == reflect.String {
			return decodeMap(v.M, into)
		}
	case reflect.Struct:
		return decodeStruct(v, into)
	default:
	}
	return fmt.Errorf("decoding a %s: %w", into.Type(), err)
}

func decodeNumber(text string, into reflect.Value) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && into.OverflowInt(n) {
		err = strconv.ErrRange
	}
	if err != nil {
		return fmt.Errorf("decoding a %s: %w", into.Type(), err)
	}
	into.SetInt(n)
	return nil
}

func decodeSlice(v Value, into reflect.Value) error {
	if into.Type().Elem().Kind() == reflect.Uint8 {
		if v.B == nil {
			return fmt.Errorf("decoding a %s: %w", into.Type(), errKind)
		}
		into.SetBytes(v.B)
		return nil
	}
	if v.L == nil {
		return fmt.Errorf("decoding a %s: %w", into.Type(), errKind)
	}
	into.Set(reflect.MakeSlice(into.Type(), len(v.L), len(v.L)))
	for n, element := range v.L {
		if err := decode(element, into.Index(n)); err != nil {
			return err
		}
	}
	return nil
}

func decodeMap(m Item, into reflect.Value) error {
	into.Set(reflect.MakeMapWithSize(into.Type(), len(m)))
	for name, v := range m {
		element := reflect.New(into.Type().Elem()).Elem()
		if err := decode(v, element); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		into.SetMapIndex(reflect.ValueOf(name).Convert(into.Type().Key()), element)
	}
	return nil
}

func decodeStruct(v Value, into reflect.Value) error {
	if into.Type() == timeType {
		at, err := time.Parse(time.RFC3339, v.Text())
		if err != nil {
			return fmt.Errorf("decoding a time: %w", err)
		}
		into.Set(reflect.ValueOf(at))
		return nil
	}
	if v.M == nil {
		return fmt.Errorf("decoding a %s: %w", into.Type(), errKind)
	}
	for _, f := range fieldsOf(into.Type()) {
		value, ok := v.M[f.name]
		if !ok {
			continue
		}
		if err := decode(value, into.FieldByIndex(f.index)); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}
