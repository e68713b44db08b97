package awsiot

import (
	"cmp"
	"encoding/json"
	"strings"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// meanings say what AWS's errors stand for where the status says something else, or
// what to do about them. Throttling comes with status 400 from the one API and 429
// from the other.
//
// Source: https://docs.aws.amazon.com/iot/latest/apireference/CommonErrors.html
var meanings = map[string]rest.Problem{
	"ThrottlingException":         {Code: fault.RateLimited},
	"LimitExceededException":      {Code: fault.RateLimited},
	"TooManyRequestsException":    {Code: fault.RateLimited},
	"UnrecognizedClientException": {Code: fault.AuthFailed, Hint: "AWS does not know this access key. It may have been deleted or deactivated, or hold a typing error; enter both parts again."},
	"InvalidClientTokenId":        {Code: fault.AuthFailed, Hint: "AWS does not know this access key. It may have been deleted or deactivated, or hold a typing error; enter both parts again."},
	"InvalidSignatureException":   {Code: fault.AuthFailed, Hint: "The secret access key does not belong to this access key ID, or the region is another one than the endpoint's."},
	"SignatureDoesNotMatch":       {Code: fault.AuthFailed, Hint: "The secret access key does not belong to this access key ID, or the region is another one than the endpoint's."},
	"AccessDeniedException":       {Code: fault.AuthFailed, Hint: policyHint},
	"ForbiddenException":          {Code: fault.AuthFailed, Hint: policyHint},
	"UnauthorizedException":       {Code: fault.AuthFailed, Hint: policyHint},
	"ExpiredTokenException":       {Code: fault.AuthFailed, Hint: "Temporary keys do not work here. Make an access key of an IAM user."},
}

const policyHint = "Check the user's policy: publishing takes iot:Publish on the topic's ARN, verifying takes iot:DescribeEndpoint. A key of another account is refused like this, too."

// explain reads AWS's error: its kind in a header, its words in the body.
func explain(r rest.Response) rest.Problem {
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Upper   string `json:"Message"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return rest.CommonProblem(r)
	}
	kind, _, _ := strings.Cut(cmp.Or(r.Header.Get("X-Amzn-ErrorType"), body.Type), ":")
	kind = kind[strings.LastIndexByte(kind, '#')+1:]
	p := meanings[kind]
	p.Message = cmp.Or(body.Message, body.Upper, kind)
	return p
}
