package httpapi

import (
	"time"

	"switchboard/internal/credential"
)

// conditionView is what a list of credentials shows of trouble, before the next
// execution runs into it.
type conditionView struct {
	Status       string     `json:"status" enum:"ok,needs_reconnect,failing" doc:"needs_reconnect: access has to be granted again. failing: the service refuses it. Verifying, rotating or reconnecting it ends either"`
	StatusDetail string     `json:"status_detail,omitempty" doc:"Why, for people"`
	StatusAt     *time.Time `json:"status_at" doc:"Since when; null while it is ok"`
}

func viewCondition(c credential.Condition) conditionView {
	v := conditionView{Status: string(c.Status), StatusDetail: c.Detail, StatusAt: moment(c.At)}
	if c.Status == credential.OK {
		v.Status = "ok"
	}
	return v
}
