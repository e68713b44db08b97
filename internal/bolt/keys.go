package bolt

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"switchboard/internal/execution"
	"switchboard/internal/task"
)

// bucket is one of the top-level buckets. They are flat: an account is the first
// part of a key, never a bucket of its own, so that a commit touches few pages.
type bucket string

// The buckets, their keys and values. A part in <> is written with its length
// before it, so that no two lists of parts make the same key; the last part of a
// key is written as it is, so that keys of one prefix sort by it.
const (
	metaBucket bucket = "meta" // "schema": the version of all this, in decimal

	agentBucket           bucket = "agents"           // <account> id: agentValue
	agentWorkflowBucket   bucket = "agent_workflows"  // <account> <agent> workflow: mark
	credentialBucket      bucket = "credentials"      // <account> id: credentialValue
	sealedBucket          bucket = "sealed"           // <account> id: sealedValue, wrapped key, nonce, ciphertext
	linkBucket            bucket = "links"            // <account> <agent> credential: mark
	linkedAgentBucket     bucket = "linked_agents"    // <account> <credential> agent: mark
	workflowBucket        bucket = "workflows"        // <account> id: workflowValue, document
	versionBucket         bucket = "versions"         // <account> <workflow> number: versionValue, document, definition, source map
	leftVersionBucket     bucket = "left_versions"    // <account> <workflow> number published_at: as in versions; see left.go
	hookBucket            bucket = "hooks"            // SHA-256 of the secret: key of the workflow
	executionBucket       bucket = "executions"       // <account> id: startedValue, input
	endBucket             bucket = "ends"             // <account> id: endedValue, output; not there while running
	runningBucket         bucket = "running"          // <account> id: mark or awaitedMark
	executionsByBucket    bucket = "executions_by"    // <account> <workflow or ""> <status or ""> started_at id: mark
	executionsEndedBucket bucket = "executions_ended" // stopped_at <account> id: mark
	idempotencyBucket     bucket = "idempotency"      // <account> <workflow> SHA-256 of the key: expiry, id of the execution
	historyBucket         bucket = "history"          // <account> <execution> sequence: events; see history.go
	approvalBucket        bucket = "approvals"        // <account> <execution> <node> iteration: approvalValue, SHA-256 of the token, wrapped key, nonce, ciphertext
	approvalTokenBucket   bucket = "approval_tokens"  // hexadecimal SHA-256 of the token: key of the approval
	approvalsByBucket     bucket = "approvals_by"     // <account> <agent or ""> <state or ""> asked_at id: key of the approval
	recordBucket          bucket = "records"          // <account> <execution> <node> iteration: expiry, recordValue, input, output
	largeBucket           bucket = "large"            // <account> <execution> id: expiry, value
	keyBucket             bucket = "api_keys"         // <account> id: keyValue
	keyHashBucket         bucket = "api_key_hashes"   // hexadecimal SHA-256 of the key: key of the API key
	memberBucket          bucket = "members"          // <account> id: memberValue
	memberNameBucket      bucket = "member_names"     // <account> <subject or email> name: id
	auditBucket           bucket = "audit"            // <account> sequence: audit.Entry
	auditByBucket         bucket = "audit_by"         // <account> <resource or actor> <id> sequence: mark
	countBucket           bucket = "audit_counts"     // <account> <action> <resource> <reason>: countValue
	waitingBucket         bucket = "waiting_events"   // <account> <workflow> event: event.Waiting
	missBucket            bucket = "misses"           // <account> <workflow> reason: missValue
	usageBucket           bucket = "usage"            // <account> day: usageValue
	pendingBucket         bucket = "pending_grants"   // SHA-256 of the state: expiry, oauth.Pending
)

// buckets lists them all; they are made when the file is.
func buckets() []bucket { return append(firstBuckets(), laterBuckets()...) }

func firstBuckets() []bucket {
	return []bucket{
		metaBucket, agentBucket, agentWorkflowBucket, credentialBucket, sealedBucket, linkBucket, linkedAgentBucket,
		workflowBucket, versionBucket, hookBucket, executionBucket, endBucket, runningBucket, executionsByBucket,
		executionsEndedBucket, idempotencyBucket, historyBucket, recordBucket,
	}
}

// laterBuckets lists those that were added without a new schema: a file that lacks
// one has nothing to put there, and gets it when it is opened.
func laterBuckets() []bucket {
	return []bucket{approvalBucket, approvalTokenBucket, approvalsByBucket, largeBucket, pendingBucket, keyBucket, keyHashBucket, memberBucket, memberNameBucket, auditBucket, auditByBucket, countBucket, waitingBucket, missBucket, usageBucket, leftVersionBucket}
}

// mark is the value of a key that says everything itself. It is not empty: within
// a transaction, bbolt gives an empty value that was just put as nil, as if it
// were not there.
var mark = []byte{1}

// awaitedMark is the mark of a running execution that does not go on after a
// restart, because its caller has gone with the process.
var awaitedMark = []byte{2}

// prefix is what the keys of everything below these parts begin with.
func prefix(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += len(p) + 2
	}
	b := make([]byte, 0, n+40) // room for what callers add
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return b
}

// under is the key of id below these parts.
func under(id string, parts ...string) []byte { return append(prefix(parts...), id...) }

// cut takes the first part off a key.
func cut(key []byte) (part string, rest []byte, err error) {
	n, used := binary.Uvarint(key)
	if used <= 0 || n > uint64(len(key)-used) {
		return "", nil, errors.New("a key has no whole first part")
	}
	rest = key[used:]
	return string(rest[:n]), rest[n:], nil
}

// afterAll is the first key behind all that begin with p; nil if there is none.
func afterAll(p []byte) []byte {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] < 0xff {
			next := append([]byte(nil), p[:i+1]...)
			next[i]++
			return next
		}
	}
	return nil
}

// timeBytes is the length of a time within a key.
const timeBytes = 12

// appendTime writes a time so that it sorts, whatever its year and zone.
func appendTime(b []byte, t time.Time) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

func versionKey(account, workflow string, number int) []byte {
	return binary.BigEndian.AppendUint64(prefix(account, workflow), uint64(number))
}

func hookKey(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func idempotencyKey(account, workflow, key string) []byte {
	sum := sha256.Sum256([]byte(key)) // the caller's text: of any length
	return append(prefix(account, workflow), sum[:]...)
}

// listingPrefix is where the executions of one list stand. An empty workflow or
// status means all.
func listingPrefix(account, workflow string, status execution.Status) []byte {
	return prefix(account, workflow, string(status))
}

// listingKeys are an execution's entries in every list that names its status, or,
// for status "", in those that do not.
func listingKeys(account, workflow, id string, status execution.Status, started time.Time) [2][]byte {
	entry := func(workflow string) []byte {
		return append(appendTime(listingPrefix(account, workflow, status), started), id...)
	}
	return [2][]byte{entry(""), entry(workflow)}
}

func endedKey(account, id string, stopped time.Time) []byte {
	return append(append(appendTime(nil, stopped), prefix(account)...), id...)
}

func historyKey(account, id string, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(prefix(account, id), sequence)
}

func recordKey(k task.Key) []byte { return under(k.Iteration, k.Account, k.Execution, k.Node) }

func largeKey(account, execution, id string) []byte { return under(id, account, execution) }
