package awsiot

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"switchboard/internal/connector"
)

// sign signs requests to one of AWS's services (Signature Version 4). The secret
// key stays here; what is sent holds for this request and a few minutes.
//
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func sign(service string) func(*http.Request, *connector.Call) {
	return func(r *http.Request, call *connector.Call) {
		in := call.Credential.Data
		key := aws.Credentials{AccessKeyID: in.Text(accessKeyID), SecretAccessKey: in.Text(secretAccessKey)}
		hash, err := hashBody(r)
		if err == nil {
			err = v4.NewSigner().SignHTTP(r.Context(), key, r, hash, service, in.Text(region), call.Now())
		}
		if err != nil { // it goes out unsigned, and AWS refuses it
			call.Log.ErrorContext(r.Context(), "signing a request failed", "service", service, "error", err)
		}
	}
}

func hashBody(r *http.Request) (string, error) {
	sum := sha256.New()
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return "", err
		}
		if _, err := io.Copy(sum, body); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
