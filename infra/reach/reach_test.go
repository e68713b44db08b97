package reach_test

import (
	"slices"
	"testing"

	"switchboard/infra/reach"
)

const (
	program = "switchboard/infra/reach/testdata/program"
	service = "github.com/aws/aws-sdk-go-v2/service/"
)

func TestFrom(t *testing.T) {
	programs, err := reach.Load(".", "switchboard", "./testdata/program")
	if err != nil {
		t.Fatal(err)
	}
	reached, err := programs.From(program)
	if err != nil {
		t.Fatal(err)
	}
	for call, want := range map[string]bool{
		"(*" + service + "dynamodb.Client).GetItem":            true,
		"(*" + service + "dynamodb.Client).TransactWriteItems": true,
		"(*" + service + "dynamodb.Client).PutItem":            false,
		"(*" + service + "kms.Client).Decrypt":                 false,
	} {
		if reached.Functions[call] != want {
			t.Errorf("%s is reached: %t, want %t", call, !want, want)
		}
	}
	if !reached.Fields[service+"dynamodb/types.TransactWriteItem.Put"] || reached.Fields[service+"dynamodb/types.TransactWriteItem.Delete"] {
		t.Errorf("the parts of the transaction are %v", reached.Fields)
	}
	if got := reached.Texts[program+".setting"]; !slices.Equal(got, []string{"SETTING_OF_THE_HANDLER"}) {
		t.Errorf("settings are read by the names %q", got)
	}
}

func TestErrors(t *testing.T) {
	programs, err := reach.Load(".", "switchboard", ".")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := programs.From("switchboard/infra/reach"); err == nil {
		t.Error("a package without a main was followed")
	}
	if _, err := reach.Load(".", "switchboard", "./testdata/nothing"); err == nil {
		t.Error("a package that is not there was loaded")
	}
}
