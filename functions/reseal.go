package functions

import (
	"context"
	"encoding/json"

	"switchboard/internal/lambdahost"
	"switchboard/internal/reseal"
)

// Resealing gives a function that goes on with sealing anew when a schedule or an
// operator says so, who invokes it with {"reseal": {}}, and else serves. With {"reseal":
// {"again": true}} it looks at everything from the beginning. The answer is a
// reseal.Progress.
func Resealing(r *reseal.Resealer, serve lambdahost.Handler) lambdahost.Handler {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var asked struct {
			Request json.RawMessage `json:"requestContext"` // of API Gateway; its callers cannot leave it out
			Reseal  *struct {
				Again bool `json:"again"`
			} `json:"reseal"`
		}
		if err := json.Unmarshal(payload, &asked); err != nil || asked.Request != nil || asked.Reseal == nil {
			return serve(ctx, payload)
		}
		progress, err := r.Continue(ctx, asked.Reseal.Again)
		if err != nil {
			return nil, err
		}
		return json.Marshal(progress)
	}
}
