package whatsappcloud_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	whatsappcloud "switchboard/internal/connector/whatsapp_cloud"
	"switchboard/internal/fault"
)

var greeting = connectortest.Setup{Action: "send_text", Config: map[string]any{"to": "+16505551234", "body": "Hello"}}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   connectortest.Refusal
	}{
		"OutsideTheWindow": {
			400, `{"error": {"message": "(#131047) Re-engagement message", "type": "OAuthException", "code": 131047, "fbtrace_id": "A",
				"error_data": {"messaging_product": "whatsapp", "details": "Message failed to send because more than 24 hours have passed since the customer last replied to this number."}}}`,
			connectortest.Refusal{
				Code: fault.InvalidInput, Hint: "Send a template",
				Message: "WhatsApp answered 400 Bad Request: (#131047) Re-engagement message: Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
			},
		},
		"TokenEnded": {
			401, `{"error": {"message": "Error validating access token: Session has expired", "type": "OAuthException", "code": 190, "error_subcode": 463}}`,
			connectortest.Refusal{Code: fault.AuthFailed, Message: "WhatsApp answered 401 Unauthorized: Error validating access token...", Hint: "system user"},
		},
		"PermissionAs400": {
			400, `{"error": {"message": "(#200) You do not have the necessary permissions", "type": "OAuthException", "code": 200}}`,
			connectortest.Refusal{Code: fault.AuthFailed, Message: "WhatsApp answered 400...", Hint: "whatsapp_business_messaging"},
		},
		"LimitAs400": {
			400, `{"error": {"message": "(#131056) (Business Account, Consumer Account) pair rate limit hit", "type": "OAuthException", "code": 131056}}`,
			connectortest.Refusal{Code: fault.RateLimited, Message: "WhatsApp answered 400...", Hint: "this one person"},
		},
		"NumberNotThere": {
			400, `{"error": {"message": "Unsupported post request. Object with ID '1' does not exist", "type": "GraphMethodException", "code": 100, "error_subcode": 33}}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "WhatsApp answered 400...", Hint: "phone number ID"},
		},
		"NoSuchTemplate": {
			404, `{"error": {"message": "(#132001) Template name does not exist in the translation", "type": "OAuthException", "code": 132001, "error_data": {"details": "template name (x) does not exist in en"}}}`,
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "WhatsApp answered 404 Not Found: (#132001) Template name does not exist in the translation: template name (x)...", Hint: "language"},
		},
		"WithoutCode": {
			400, `{"error": {"message": "Bad request"}}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "WhatsApp answered 400 Bad Request: Bad request"},
		},
		"FaultOfMeta": {
			500, `{"error": {"message": "An unknown error has occurred.", "type": "OAuthException", "code": 190}}`,
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "WhatsApp answered 500..."},
		},
		"AnswerOfAnother": {
			200, `{"hello": "world"}`,
			connectortest.Refusal{Code: fault.BadResponse, Message: "WhatsApp took the message...", Hint: "proxy", Unsettled: true},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			answer := connectortest.Answer(connector.ExampleResponse{Status: tt.status, Body: tt.body})
			tt.want.Check(t, greeting.Run(t, whatsappcloud.New(), answer).Err)
		})
	}
}

func TestWait(t *testing.T) {
	tests := map[string]struct {
		usage string
		code  int
		want  time.Duration
	}{
		"LongestOfAll":   {`{"102290129340398": [{"type": "whatsapp_business_management", "call_count": 100, "total_cputime": 1, "total_time": 1, "estimated_time_to_regain_access": 19}, {"type": "messenger", "estimated_time_to_regain_access": 3}]}`, 80007, 19 * time.Minute},
		"NoneNamed":      {`{"102290129340398": [{"type": "whatsapp_business_management", "call_count": 100, "estimated_time_to_regain_access": 0}]}`, 4, 0},
		"Unbelievable":   {`{"1": [{"estimated_time_to_regain_access": 99999999}]}`, 80007, 24 * time.Hour},
		"NotJSON":        {`soon`, 80007, 0},
		"NotThere":       {"", 130429, 0},
		"OfAnotherError": {`{"1": [{"estimated_time_to_regain_access": 5}]}`, 131047, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			answer := connector.ExampleResponse{Status: 400, Header: map[string]string{"X-Business-Use-Case-Usage": tt.usage}, Body: fmt.Sprintf(`{"error": {"message": "(#%[1]d) No.", "code": %[1]d}}`, tt.code)}
			if f := fault.Of(greeting.Run(t, whatsappcloud.New(), connectortest.Answer(answer)).Err); f.RetryAfter != tt.want {
				t.Errorf("error = %v with a wait of %s, want %s", f, f.RetryAfter, tt.want)
			}
		})
	}
}

// What is wrong with a template's parameters is said before anything is sent.
func TestBadTemplate(t *testing.T) {
	tests := map[string]struct {
		name    string
		value   any
		pointer string
		message string
	}{
		"ErrEmptyParameter": {"parameters", []any{"Ann", " "}, "/parameters/1", "Parameter 2 is empty..."},
		"ErrLineBreak":      {"parameters", "Ann\nLee", "/parameters/0", "Parameter 1 holds a line break..."},
		"ErrSpaces":         {"parameters", []any{"a     b"}, "/parameters/0", "Parameter 1 holds..."},
		"ErrComponentText":  {"components", []any{"header"}, "/components/0", "Component 1 is not an object with a type."},
		"ErrComponentType":  {"components", []any{map[string]any{"type": "header"}, map[string]any{"parameters": []any{}}}, "/components/1", "Component 2..."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := map[string]any{"to": "+16505551234", "name": "order_shipped", "language": "en_US", tt.name: tt.value}
			e := connectortest.Setup{Action: "send_template", Config: config}.Run(t, whatsappcloud.New(), connectortest.NoCall(t))
			connectortest.Refusal{Code: fault.InvalidInput, Message: tt.message, Pointer: tt.pointer}.Check(t, e.Err)
		})
	}
}

func TestFields(t *testing.T) {
	con := whatsappcloud.New()
	tests := map[string]struct {
		name, value string
		ok          bool
	}{
		"OKNumber":          {"to", "+4915112345678", true},
		"OKNumberOfWebhook": {"to", "4915112345678", true},
		"OKLanguage":        {"language", "zh_HK", true},
		"OKLanguageAlone":   {"language", "fil", true},
		"ErrNational":       {"to", "01511234567", false},
		"ErrSpaces":         {"to", "+49 151 1234567", false},
		"ErrName":           {"name", "Order Shipped", false},
		"ErrLanguage":       {"language", "english", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := map[string]any{"to": "+16505551234", "name": "order_shipped", "language": "en_US"}
			config[tt.name] = tt.value
			action, _ := con.Action("send_template")
			if _, problems := action.Input.Decode(config); (len(problems) == 0) != tt.ok {
				t.Errorf("problems = %+v, want ok = %t", problems, tt.ok)
			}
		})
	}
	t.Run("ErrPhoneNumberForItsID", func(t *testing.T) {
		credentialType, _ := con.CredentialType("whatsapp_cloud")
		if _, problems := credentialType.Fields.Decode(map[string]any{"access_token": "EAAcanary", "phone_number_id": "+1 650-555-1234"}); len(problems) != 1 {
			t.Errorf("problems = %+v, want one", problems)
		}
	})
}

func TestVerify(t *testing.T) {
	tests := map[string]struct{ answer, want string }{
		"NameAndNumber": {`{"verified_name": "Example Shop", "display_phone_number": "+1 555-555-5555", "quality_rating": "GREEN"}`, "Example Shop (+1 555-555-5555)"},
		"NumberOnly":    {`{"display_phone_number": "+1 555-555-5555"}`, "+1 555-555-5555"},
		"IDOnly":        {`{"id": "106540352242922"}`, "WhatsApp number 106540352242922"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := connectortest.Setup{}.Run(t, whatsappcloud.New(), connectortest.Answer(connector.ExampleResponse{Body: tt.answer}))
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			if diff := cmp.Diff(tt.want, e.Identity.Name); diff != "" {
				t.Errorf("name (-want +got):\n%s", diff)
			}
		})
	}
}
