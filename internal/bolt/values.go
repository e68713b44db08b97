package bolt

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/agent"
	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/task"
	"switchboard/internal/value"
	"switchboard/internal/vault"
	"switchboard/internal/workflow"
)

// The stored forms. Each has exactly the members of what it stores, so that one
// converts into the other and a new member that is forgotten here does not compile.
// What is in the key, and the raw parts that pack puts beside the head, are left out.
type (
	agentValue struct {
		ID          string    `json:"-"`
		Account     string    `json:"-"`
		Name        string    `json:"name"`
		Description string    `json:"description,omitempty"`
		CreatedAt   time.Time `json:"created_at"`
		UpdatedAt   time.Time `json:"updated_at"`
	}

	credentialValue struct {
		ID         string    `json:"-"`
		Account    string    `json:"-"`
		Type       string    `json:"type"`
		Name       string    `json:"name"`
		Hint       string    `json:"hint,omitempty"`
		CreatedAt  time.Time `json:"created_at"`
		UpdatedAt  time.Time `json:"updated_at"`
		VerifiedAt time.Time `json:"verified_at,omitzero"`
		// Condition is in the sealedValue.
		Condition credential.Condition `json:"-"`
		Unchecked bool                 `json:"unchecked,omitempty"`
		Revision  int64                `json:"revision"`
	}

	workflowValue struct {
		ID         string          `json:"-"`
		Account    string          `json:"-"`
		Agent      string          `json:"agent"`
		Name       string          `json:"name"`
		Trigger    string          `json:"trigger,omitempty"`
		Document   json.RawMessage `json:"-"`
		Revision   int64           `json:"revision"`
		Published  int             `json:"published,omitempty"`
		Latest     int             `json:"latest,omitempty"`
		HookSecret string          `json:"hook_secret,omitempty"`
		CreatedAt  time.Time       `json:"created_at"`
		UpdatedAt  time.Time       `json:"updated_at"`
	}

	versionValue struct {
		Account     string          `json:"-"`
		Workflow    string          `json:"-"`
		Number      int             `json:"-"`
		Document    json.RawMessage `json:"-"`
		Definition  json.RawMessage `json:"-"`
		SourceMap   json.RawMessage `json:"-"`
		Credentials []string        `json:"credentials,omitempty"`
		Express     bool            `json:"express,omitempty"`
		Input       *value.Plan     `json:"input,omitempty"`
		PublishedAt time.Time       `json:"published_at"`
		PublishedBy string          `json:"published_by,omitempty"`
	}

	keyValue struct {
		ID         string       `json:"-"`
		Account    string       `json:"-"`
		Name       string       `json:"name"`
		Role       account.Role `json:"role"`
		Agent      string       `json:"agent,omitempty"`
		Hint       string       `json:"hint"`
		Hash       string       `json:"hash"`
		CreatedAt  time.Time    `json:"created_at"`
		CreatedBy  string       `json:"created_by"`
		ExpiresAt  time.Time    `json:"expires_at,omitzero"`
		LastUsedAt time.Time    `json:"last_used_at,omitzero"`
	}

	memberValue struct {
		ID        string       `json:"-"`
		Account   string       `json:"-"`
		Subject   string       `json:"subject,omitempty"`
		Email     string       `json:"email,omitempty"`
		Role      account.Role `json:"role"`
		CreatedAt time.Time    `json:"created_at"`
		CreatedBy string       `json:"created_by"`
	}

	// startedValue is written when an execution starts and never again; how it ended
	// is an endedValue beside it, so that ending does not rewrite a large input.
	startedValue struct {
		ID             string            `json:"-"`
		Account        string            `json:"-"`
		Agent          string            `json:"agent,omitempty"`
		Workflow       string            `json:"workflow,omitempty"`
		Version        int               `json:"version,omitempty"`
		Published      time.Time         `json:"published_at,omitzero"`
		Status         execution.Status  `json:"-"`
		StartedAt      time.Time         `json:"started_at"`
		StoppedAt      time.Time         `json:"-"`
		StartedBy      string            `json:"started_by,omitempty"`
		Trigger        string            `json:"trigger,omitempty"`
		ReplayOf       string            `json:"replay_of,omitempty"`
		ReplayFrom     string            `json:"replay_from,omitempty"`
		IdempotencyKey string            `json:"idempotency_key,omitempty"`
		Express        bool              `json:"express,omitempty"`
		Awaited        bool              `json:"-"`
		Opened         string            `json:"opened,omitempty"`
		Parent         *execution.Parent `json:"parent,omitempty"`
		Input          json.RawMessage   `json:"-"`
		Output         json.RawMessage   `json:"-"`
		Error          *execution.Error  `json:"-"`
	}

	endedValue struct {
		Status    execution.Status `json:"status"`
		StoppedAt time.Time        `json:"stopped_at"`
		Error     *execution.Error `json:"error,omitempty"`
	}

	recordValue struct {
		State     task.RecordState `json:"state"`
		Input     json.RawMessage  `json:"-"`
		Output    json.RawMessage  `json:"-"`
		StartedAt time.Time        `json:"started_at,omitzero"`
		NotBefore time.Time        `json:"not_before,omitzero"`
		Reason    string           `json:"reason,omitempty"`
		Failure   *task.Failure    `json:"failure,omitempty"`
		// Openings are in the audit by the write of the record.
		Openings []task.Opening `json:"-"`
		Reopened bool           `json:"-"`
	}

	sealedValue struct {
		Type      string               `json:"type"` // of the credential: reading a secret is one read
		Format    int                  `json:"format"`
		KeyID     string               `json:"key_id,omitempty"`
		Condition credential.Condition `json:"condition,omitzero"`
		Claimed   time.Time            `json:"claimed,omitzero"` // until when somebody alone may renew it
	}
)

// pack writes a value: the head as JSON, then the raw parts, each with its length
// before it. Raw parts come back byte for byte: a definition is what is deployed,
// a document what was given, and none is parsed on its way.
func pack(head any, raw ...[]byte) ([]byte, error) {
	encoded, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("encoding a value: %w", err)
	}
	n := len(encoded) + binary.MaxVarintLen32
	for _, r := range raw {
		n += len(r) + binary.MaxVarintLen32
	}
	b := appendPart(make([]byte, 0, n), encoded)
	for _, r := range raw {
		b = appendPart(b, r)
	}
	return b, nil
}

func appendPart[T ~string | ~[]byte](b []byte, part T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}

// unpack reads what pack wrote, and copies it out of bbolt's memory. It may be
// given fewer raw parts than there are, to leave the others unread. An empty part
// becomes nil.
func unpack(value []byte, head any, raw ...*[]byte) error {
	part, rest, err := cutPart(value)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(part, head); err != nil {
		return fmt.Errorf("decoding a value: %w", err)
	}
	for _, r := range raw {
		if part, rest, err = cutPart(rest); err != nil {
			return err
		}
		*r = append([]byte(nil), part...)
	}
	return nil
}

func cutPart(b []byte) (part, rest []byte, err error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, nil, errors.New("decoding a value: it is cut off")
	}
	return b[used : used+int(n)], b[used+int(n):], nil
}

func bytesOf(m *json.RawMessage) *[]byte { return (*[]byte)(m) }

func unpackAgent(account, id string, value []byte) (agent.Agent, error) {
	v := agentValue{ID: id, Account: account}
	err := unpack(value, &v)
	return agent.Agent(v), err
}

func unpackCredential(account, id string, value []byte) (credential.Credential, error) {
	v := credentialValue{ID: id, Account: account}
	err := unpack(value, &v)
	return credential.Credential(v), err
}

func unpackSealed(value []byte) (v sealedValue, s vault.Sealed, err error) {
	err = unpack(value, &v, &s.WrappedKey, &s.Nonce, &s.Ciphertext)
	s.Format, s.KeyID = v.Format, v.KeyID
	return v, s, err
}

func unpackWorkflow(account, id string, value []byte) (workflow.Workflow, error) {
	v := workflowValue{ID: id, Account: account}
	err := unpack(value, &v, bytesOf(&v.Document))
	return workflow.Workflow(v), err
}

func unpackVersion(account, workflowID string, number int, value []byte) (workflow.Version, error) {
	v := versionValue{Account: account, Workflow: workflowID, Number: number}
	err := unpack(value, &v, bytesOf(&v.Document), bytesOf(&v.Definition), bytesOf(&v.SourceMap))
	return workflow.Version(v), err
}

func packRecord(r task.Record) ([]byte, error) { return pack(recordValue(r), r.Input, r.Output) }

func unpackRecord(value []byte) (task.Record, error) {
	var v recordValue
	err := unpack(value, &v, bytesOf(&v.Input), bytesOf(&v.Output))
	return task.Record(v), err
}

// expiryBytes is the length of the expiry that stands before a value which is only
// good for a while, so that it is read without decoding the rest.
const expiryBytes = 8

func withExpiry(t time.Time, value []byte) []byte {
	b := make([]byte, 0, expiryBytes+len(value))
	return append(binary.BigEndian.AppendUint64(b, uint64(t.Unix())), value...)
}

// fresh gives the value behind the expiry; nil if it is over, or there is none.
func fresh(now time.Time, value []byte) []byte {
	if len(value) < expiryBytes || now.Unix() >= int64(binary.BigEndian.Uint64(value)) {
		return nil
	}
	return value[expiryBytes:]
}
