package toy

import (
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

var times = schema.Field{Name: "times", Kind: schema.Integer, Title: "Times", Default: int64(1), Help: "How often."}

var ring = connector.Action{
	Name: "ring", Title: "Ring the bell", Summary: "Ring the bell of the toy.",
	Input:  schema.Fields{times},
	Output: schema.Fields{{Name: "rung", Kind: schema.Integer, Title: "Rung", Required: true}},
	Run: func(ctx context.Context, call *connector.Call) (connector.Output, error) {
		var answer connector.Output
		_, err := service.JSON(ctx, call, rest.Request{Path: rest.Path("ring"), JSON: map[string]int{"times": call.Input.Int(times)}}, &answer)
		return answer, err
	},
	Examples: []connector.Example{{
		Title:    "Ring twice",
		Config:   map[string]any{"times": 2},
		Request:  connector.ExampleRequest{Method: "POST", Path: "/ring", Body: `{"times": 2}`},
		Response: connector.ExampleResponse{Body: `{"rung": 2}`},
		Output:   map[string]any{"rung": 2},
	}},
}
