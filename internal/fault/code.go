package fault

import "net/http"

// Code names a kind of failure. It is what clients, Retry and Catch match, so a
// published code never changes its meaning.
type Code string

// Codes of the HTTP API.
const (
	BadRequest           Code = "bad_request"
	Unauthorized         Code = "unauthorized"
	Forbidden            Code = "forbidden"
	NotFound             Code = "not_found"
	MethodNotAllowed     Code = "method_not_allowed"
	NotAcceptable        Code = "not_acceptable"
	Conflict             Code = "conflict"
	CredentialInUse      Code = "credential_in_use"
	WorkflowInvalid      Code = "workflow_invalid"
	NotPublished         Code = "not_published"
	AlreadyEnded         Code = "already_ended"
	AlreadyAnswered      Code = "already_answered"
	Gone                 Code = "gone"
	PreconditionFailed   Code = "precondition_failed"
	PayloadTooLarge      Code = "payload_too_large"
	UnsupportedMediaType Code = "unsupported_media_type"
	Misdirected          Code = "misdirected_request"
	ValidationFailed     Code = "validation_failed"
	PreconditionRequired Code = "precondition_required"
	TooManyRequests      Code = "too_many_requests"
	Internal             Code = "internal"
	ExecutionFailed      Code = "execution_failed"
	Unavailable          Code = "unavailable"
	StorageFull          Code = "storage_full"
)

// Codes of a task: they are also the error names that a state machine sees.
const (
	AuthFailed           Code = "Connector.AuthFailed"
	ServiceNotFound      Code = "Connector.NotFound"
	InvalidInput         Code = "Connector.InvalidInput"
	ServiceConflict      Code = "Connector.Conflict"
	RateLimited          Code = "Connector.RateLimited"
	ServiceUnavailable   Code = "Connector.Unavailable"
	Uncertain            Code = "Connector.Uncertain"
	BadResponse          Code = "Connector.BadResponse"
	UnexpectedStatus     Code = "Connector.UnexpectedStatus"
	AddressNotAllowed    Code = "Connector.AddressNotAllowed"
	CredentialNotLinked  Code = "Connector.CredentialNotLinked"
	CredentialUnreadable Code = "Connector.CredentialUnreadable"
	OutputTooLarge       Code = "Connector.OutputTooLarge"
	ConnectorFailed      Code = "Connector.Failed"
	MissingValue         Code = "Template.MissingValue"
	InvalidTemplate      Code = "Template.Invalid"
	WorkflowStopped      Code = "Workflow.Stopped"
	WorkflowFailed       Code = "Workflow.Failed"
	ApprovalRejected     Code = "Approval.Rejected"
)

// Meaning is what a code stands for.
type Meaning struct {
	Status  int  // HTTP status where the API answers with it
	Task    bool // a task can end with it, so a state machine can name it
	Passing bool // trying again later may help; such tasks are retried by default
}

// meanings is the one table from code to HTTP status and state machine error.
var meanings = map[Code]Meaning{
	BadRequest:           {Status: http.StatusBadRequest},
	Unauthorized:         {Status: http.StatusUnauthorized},
	Forbidden:            {Status: http.StatusForbidden},
	NotFound:             {Status: http.StatusNotFound},
	MethodNotAllowed:     {Status: http.StatusMethodNotAllowed},
	NotAcceptable:        {Status: http.StatusNotAcceptable},
	Conflict:             {Status: http.StatusConflict},
	CredentialInUse:      {Status: http.StatusConflict},
	WorkflowInvalid:      {Status: http.StatusConflict},
	NotPublished:         {Status: http.StatusConflict},
	AlreadyEnded:         {Status: http.StatusConflict},
	AlreadyAnswered:      {Status: http.StatusConflict},
	Gone:                 {Status: http.StatusGone},
	PreconditionFailed:   {Status: http.StatusPreconditionFailed},
	PayloadTooLarge:      {Status: http.StatusRequestEntityTooLarge},
	UnsupportedMediaType: {Status: http.StatusUnsupportedMediaType},
	Misdirected:          {Status: http.StatusMisdirectedRequest},
	ValidationFailed:     {Status: http.StatusUnprocessableEntity},
	PreconditionRequired: {Status: http.StatusPreconditionRequired},
	TooManyRequests:      {Status: http.StatusTooManyRequests},
	Internal:             {Status: http.StatusInternalServerError, Task: true, Passing: true},
	ExecutionFailed:      {Status: http.StatusBadGateway},
	Unavailable:          {Status: http.StatusServiceUnavailable, Task: true, Passing: true},
	StorageFull:          {Status: http.StatusInsufficientStorage},

	AuthFailed:           {Status: http.StatusBadGateway, Task: true},
	ServiceNotFound:      {Status: http.StatusBadGateway, Task: true},
	InvalidInput:         {Status: http.StatusUnprocessableEntity, Task: true},
	ServiceConflict:      {Status: http.StatusBadGateway, Task: true},
	RateLimited:          {Status: http.StatusBadGateway, Task: true, Passing: true},
	ServiceUnavailable:   {Status: http.StatusBadGateway, Task: true, Passing: true},
	Uncertain:            {Status: http.StatusBadGateway, Task: true},
	BadResponse:          {Status: http.StatusBadGateway, Task: true},
	UnexpectedStatus:     {Status: http.StatusBadGateway, Task: true},
	AddressNotAllowed:    {Status: http.StatusUnprocessableEntity, Task: true},
	CredentialNotLinked:  {Status: http.StatusConflict, Task: true},
	CredentialUnreadable: {Status: http.StatusConflict, Task: true},
	OutputTooLarge:       {Status: http.StatusBadGateway, Task: true},
	ConnectorFailed:      {Status: http.StatusBadGateway, Task: true},
	MissingValue:         {Status: http.StatusUnprocessableEntity, Task: true},
	InvalidTemplate:      {Status: http.StatusUnprocessableEntity, Task: true},
	WorkflowStopped:      {Status: http.StatusBadGateway, Task: true},
	WorkflowFailed:       {Status: http.StatusBadGateway, Task: true},
	ApprovalRejected:     {Status: http.StatusBadGateway, Task: true},
}

// Means looks a code up. An unknown code means an internal error.
func (c Code) Means() Meaning {
	if m, ok := meanings[c]; ok {
		return m
	}
	return meanings[Internal]
}

// Known says whether the code is in the table.
func (c Code) Known() bool {
	_, ok := meanings[c]
	return ok
}

// Passing lists the codes that are retried by default, in the table's terms of a
// state machine; sorted, so that definitions are stable.
func Passing() []Code { return []Code{RateLimited, ServiceUnavailable, Internal, Unavailable} }

// ForStatus gives the API code that stands for an HTTP status which has no code of its own.
func ForStatus(status int) Code {
	byStatus := map[int]Code{
		http.StatusBadRequest: BadRequest, http.StatusUnauthorized: Unauthorized, http.StatusForbidden: Forbidden,
		http.StatusNotFound: NotFound, http.StatusMethodNotAllowed: MethodNotAllowed, http.StatusNotAcceptable: NotAcceptable,
		http.StatusConflict: Conflict, http.StatusPreconditionFailed: PreconditionFailed,
		http.StatusRequestEntityTooLarge: PayloadTooLarge, http.StatusUnsupportedMediaType: UnsupportedMediaType,
		http.StatusUnprocessableEntity: ValidationFailed, http.StatusPreconditionRequired: PreconditionRequired,
		http.StatusTooManyRequests: TooManyRequests, http.StatusServiceUnavailable: Unavailable,
	}
	if c, ok := byStatus[status]; ok {
		return c
	}
	if status >= 400 && status < 500 {
		return BadRequest
	}
	return Internal
}
