package discord_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/discord"
	"switchboard/internal/fault"
	"switchboard/internal/template"
)

var sent = connector.ExampleResponse{Body: `{"id": "2", "channel_id": "1"}`}

func send(t testing.TB, config map[string]any, answer connector.ExampleResponse) connectortest.Exchange {
	t.Helper()
	config["channel_id"] = "1"
	return connectortest.Setup{Action: "send_message", Config: config}.Run(t, discord.New(), connectortest.Answer(answer))
}

func TestEmbeds(t *testing.T) {
	card := map[string]any{"title": "A"}
	tests := map[string]struct {
		embeds any
		want   []any
	}{
		"List":           {[]any{card, card}, []any{card, card}},
		"OneObject":      {card, []any{card}},
		"AsText":         {`[{"title": "A"}]`, []any{card}},
		"OneAsText":      {` {"title": "A"} `, []any{card}},
		"OfBuilder":      {`{"content": "x", "embeds": [{"title": "A"}]}`, []any{card}},
		"Empty":          {" ", nil},
		"EmptyList":      {[]any{}, nil},
		"OfBuilderEmpty": {map[string]any{"embeds": nil}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := send(t, map[string]any{"content": "Hello", "embeds": tt.embeds}, sent)
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			var got struct{ Embeds []any }
			if err := json.Unmarshal([]byte(e.Sent[0].Body), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Embeds); diff != "" {
				t.Errorf("embeds (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadMessage(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	field := map[string]any{"name": "n", "value": "v"}
	tests := map[string]struct {
		config  map[string]any
		pointer string
		message string
	}{
		"ErrEmpty":          {map[string]any{}, "/content", "The message is empty."},
		"ErrEmptyEmbeds":    {map[string]any{"embeds": "[]"}, "/content", "The message is empty."},
		"ErrNotJSON":        {map[string]any{"embeds": `[{"title": "A"}`}, "/embeds", "The embeds can't be used: the text is not JSON."},
		"ErrTrailing":       {map[string]any{"embeds": `[{"title": "A"}] and more`}, "/embeds", "The embeds can't be used: the text is not JSON."},
		"ErrNotAList":       {map[string]any{"embeds": 7}, "/embeds", "The embeds can't be used: they are not a list."},
		"ErrNotObjects":     {map[string]any{"embeds": []any{"A"}}, "/embeds", "The embeds can't be used: number 1 is not an object..."},
		"ErrEmptyObject":    {map[string]any{"embeds": []any{map[string]any{}}}, "/embeds", "The embeds can't be used: number 1 is not an object..."},
		"ErrElevenEmbeds":   {map[string]any{"embeds": make([]any, 11)}, "/embeds", "The embeds can't be used: there are 11..."},
		"ErrTitle":          {map[string]any{"embeds": map[string]any{"title": long(257)}}, "/embeds", "The embeds can't be used: the title of number 1 has 257 characters, and may have 256."},
		"ErrFooter":         {map[string]any{"embeds": map[string]any{"footer": map[string]any{"text": long(2049)}}}, "/embeds", "The embeds can't be used: the text of number 1, footer has 2049..."},
		"ErrAuthor":         {map[string]any{"embeds": map[string]any{"author": map[string]any{"name": long(257)}}}, "/embeds", "The embeds can't be used: the name of number 1, author has 257..."},
		"ErrFieldValue":     {map[string]any{"embeds": map[string]any{"fields": []any{field, map[string]any{"name": "n", "value": long(1025)}}}}, "/embeds", "The embeds can't be used: the value of number 1, field 2 has 1025..."},
		"ErrManyFields":     {map[string]any{"embeds": map[string]any{"fields": repeat(field, 26)}}, "/embeds", "The embeds can't be used: number 1 has 26 fields..."},
		"ErrTooMuchInAll":   {map[string]any{"embeds": repeat(map[string]any{"description": long(3001)}, 2)}, "/embeds", "The embeds can't be used: their texts have 6002 characters together..."},
		"ErrSpacesAreEmpty": {map[string]any{"embeds": "\n\t"}, "/content", "The message is empty."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.config["channel_id"] = "1"
			e := connectortest.Setup{Action: "send_message", Config: tt.config}.Run(t, discord.New(), connectortest.NoCall(t))
			connectortest.Refusal{Code: fault.InvalidInput, Message: tt.message, Pointer: tt.pointer}.Check(t, e.Err)
		})
	}
}

func repeat(v any, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = v
	}
	return list
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"InvalidForm": {
			connector.ExampleResponse{Status: 400, Body: `{"code": 50035, "message": "Invalid Form Body", "errors": {
				"embeds": {"0": {"fields": {"1": {"value": {"_errors": [{"code": "BASE_TYPE_REQUIRED", "message": "This field is required"}]}}}}},
				"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}]}}}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Discord answered 400 Bad Request: Invalid Form Body: content: Must be 2000 or fewer in length.; embeds.0.fields.1.value: This field is required (Discord error 50035)"},
		},
		"WholeRequest": {
			connector.ExampleResponse{Status: 400, Body: `{"code": 50035, "message": "Invalid Form Body", "errors": {"_errors": [{"code": "X", "message": "Too large"}]}}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Discord answered 400 Bad Request: Invalid Form Body: Too large (Discord error 50035)"},
		},
		"MissingAccess": {
			connector.ExampleResponse{Status: 403, Body: `{"message": "Missing Access", "code": 50001}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Discord answered 403 Forbidden: Missing Access (Discord error 50001)", Hint: "View Channel"},
		},
		"UnknownChannel": {
			connector.ExampleResponse{Status: 404, Body: `{"message": "Unknown Channel", "code": 10003}`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Discord answered 404 Not Found: Unknown Channel (Discord error 10003)", Hint: "Copy the channel's id"},
		},
		"WrongToken": {
			connector.ExampleResponse{Status: 401, Body: `{"message": "401: Unauthorized", "code": 0}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Discord answered 401 Unauthorized: 401: Unauthorized", Hint: "The setup guide says where to make a new one"},
		},
		"RateLimited": {
			connector.ExampleResponse{Status: 429, Header: map[string]string{"Retry-After": "65"}, Body: `{"message": "You are being rate limited.", "retry_after": 64.57, "global": false}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Discord answered 429 Too Many Requests: You are being rate limited.", Wait: 65 * time.Second},
		},
		"RateLimitedWithoutHeader": {
			connector.ExampleResponse{Status: 429, Body: `{"message": "You are being rate limited.", "retry_after": 0.3, "global": true}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Discord answered 429...", Wait: time.Second},
		},
		"AnswerOfAnother": {
			connector.ExampleResponse{Body: `{"hello": "world"}`},
			connectortest.Refusal{Code: fault.BadResponse, Message: "Discord took the message...", Hint: "proxy", Unsettled: true},
		},
		"BlockedByTheEdge": {
			connector.ExampleResponse{Status: 403, Body: "error code: 1010"},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Discord answered 403 Forbidden: error code: 1010"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { tt.want.Check(t, send(t, map[string]any{"content": "Hello"}, tt.answer).Err) })
	}
}

// A text from outside notifies only whom the step allows.
func TestMentions(t *testing.T) {
	tests := map[string]struct {
		mentions string
		want     []string
	}{
		"Default": {"", []string{"users"}}, "None": {"none", []string{}},
		"Roles": {"users_and_roles", []string{"users", "roles"}}, "Everyone": {"everyone", []string{"users", "roles", "everyone"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := send(t, map[string]any{"content": "@everyone", "mentions": tt.mentions}, sent)
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			var got struct {
				AllowedMentions struct{ Parse []string } `json:"allowed_mentions"`
			}
			if err := json.Unmarshal([]byte(e.Sent[0].Body), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.AllowedMentions.Parse); diff != "" {
				t.Errorf("parse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFields(t *testing.T) {
	con := discord.New()
	action, _ := con.Action("send_message")
	tests := map[string]struct {
		channel, content string
		ok               bool
	}{
		"OK":         {"1234567890123456789", strings.Repeat("é", 2000), true},
		"ErrName":    {"#general", "Hello", false},
		"ErrPath":    {"1/../2", "Hello", false},
		"ErrTooLong": {"1234567890123456789", strings.Repeat("é", 2001), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, problems := action.Input.Decode(map[string]any{"channel_id": tt.channel, "content": tt.content}); (len(problems) == 0) != tt.ok {
				t.Errorf("problems = %+v, want ok = %t", problems, tt.ok)
			}
		})
	}
	t.Run("EmbedsAsTextAreJSON", func(t *testing.T) {
		field, _ := action.Input.Lookup("embeds")
		if got := field.Target(map[string]any{"embeds": `[{"title": "{{trigger.body.title}}"}]`}); got != template.TargetJSON {
			t.Errorf("target = %q, want %q", got, template.TargetJSON)
		}
	})
}

func TestVerify(t *testing.T) {
	e := connectortest.Setup{}.Run(t, discord.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"id": "11", "username": "example-alerts", "global_name": null}`}))
	if e.Err != nil {
		t.Fatal(e.Err)
	}
	if diff := cmp.Diff(connector.Identity{Name: "example-alerts", Detail: map[string]any{"id": "11"}}, e.Identity); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	if got := e.Sent[0].Header.Get("User-Agent"); !strings.HasPrefix(got, "DiscordBot (") {
		t.Errorf("User-Agent = %q; Discord wants DiscordBot (...)", got)
	}
}
