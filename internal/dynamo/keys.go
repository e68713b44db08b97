package dynamo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/approval"
	"switchboard/internal/audit"
	"switchboard/internal/execution"
	"switchboard/internal/reseal"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// The attributes that keys are made of. The two indexes share their sort key.
const (
	partitionAttribute = "pk"
	sortAttribute      = "sk"

	listAttribute       = "list"        // partition of listIndex
	statusListAttribute = "status_list" // partition of statusIndex
	startedAttribute    = "started"     // sort key of both

	// TTLAttribute holds the time, in seconds since 1970, from which an item is gone.
	TTLAttribute = "expires"
)

// The indexes. They hold keys only: of executions, approvals, entries of the audit and credentials.
const (
	listIndex   = "executions"
	statusIndex = "executions_by_status"
)

// A key names an item.
type key struct{ partition, sort string }

// All keys, in the order of this file:
//
//	partition                            sort                 item
//	AGENTS#account                       agent                agent
//	LINKS#account#agent                  credential           link, seen from the agent
//	CREDENTIALS#account                  credential           credential; indexed for the list of all accounts'
//	<type>#account#credential            secret               sealed data, and the agents linked to it
//	WORKFLOWS#account                    workflow             mark: the account's workflows
//	WORKFLOWS#account#agent              workflow             mark: the agent's workflows
//	WORKFLOWS_CREATED#account            count                counts how many were created, so that two see each other
//	WORKFLOW#account#workflow            draft                draft, and which version serves
//	WORKFLOW#account#workflow            draft#revision#n     chunk of the draft's document
//	WORKFLOW#account#workflow            version#number#n     chunk of a version
//	VERSIONS#account#workflow            number               version
//	VERSIONS#account#workflow#trials     number               trial of a draft
//	HOOK#sha256                          hook                 the workflow of a webhook's secret
//	EXECUTION#account#execution          head                 execution; indexed for its workflow's lists
//	EXECUTION#account#execution          listing              indexed for the account's lists
//	EXECUTION#account#execution          running              indexed for what is running; not there once it ended
//	EXECUTION#account#execution          input#n, output#n    chunks
//	HISTORY#account#execution            sequence             events
//	IDEMPOTENCY#account#workflow#sha256  key                  the execution that was started with a key
//	RECORD#account#execution             node#iteration       once-only record
//	APPROVAL#account#execution           node#iteration       approval; indexed for the account's lists
//	APPROVAL_TOKEN#sha256                approval             the approval of a link's token
//	RECORD#account#execution#value       id, id#n             value that is too large for a state, and its chunks
//	PENDING_GRANT#sha256                 grant                a grant that a person was asked for
//	RESEALING                            kind                 how far sealing anew has come
//	QUOTA#account#minute                 starts               how many executions were started within it
//	API_KEYS#account                     key                  the account's API keys, by their hashes
//	API_KEY#sha256                       key                  API key
//	MEMBERS#account                      member               member
//	MEMBER#account#kind#name             member               the member with a subject or e-mail address
//	OWNERS#account                       count                how many of the members own the account
//	AUDIT#account#chain                  sequence             entry of the audit; indexed for the account's lists
//	COUNTS#shard                         account#action#resource#reason  what was counted and has to go into the audit
//	MISSES#account                       workflow#reason      starts that a trigger has not made
//	USAGE#account                        day                  what was used on a day
//
// and the partitions of the indexes:
//
//	EXECUTIONS#account#workflow          started#execution
//	EXECUTIONS#account#workflow#status   started#execution
//	ALL_EXECUTIONS#account               started#execution
//	ALL_EXECUTIONS#account#status        started#execution
//	RUNNING#shard                        started#account#execution
//	ALL_CREDENTIALS#shard                created#account#credential
//	APPROVALS#account                    asked#approval
//	APPROVALS#account#state              asked#approval
//	AUDITED#account                      at#chain#sequence
//	AUDITED#account#resource             at#chain#sequence
//
// Partitions whose key begins with a lower-case letter hold secrets, and nothing else.
func agentKey(account, id string) key { return key{join("AGENTS", account), join(id)} }

func usageKey(account, day string) key { return key{join("USAGE", account), day} }

func linkKey(account, agent, credential string) key {
	return key{join("LINKS", account, agent), join(credential)}
}

func credentialKey(account, id string) key { return key{join("CREDENTIALS", account), join(id)} }

func secretKey(account, credentialType, id string) key {
	return key{join(credentialType, account, id), "secret"}
}

func accountWorkflowKey(account, id string) key { return key{join("WORKFLOWS", account), join(id)} }

func workflowsKey(account string) key { return key{join("WORKFLOWS_CREATED", account), "count"} }

func agentWorkflowKey(account, agent, id string) key {
	return key{join("WORKFLOWS", account, agent), join(id)}
}

func draftKey(account, workflow string) key {
	return key{join("WORKFLOW", account, workflow), "draft"}
}

// draftChunks and versionChunks name chunks, see chunkKey.
func draftChunks(account, workflow string, revision int64) key {
	return key{join("WORKFLOW", account, workflow), join("draft", strconv.FormatInt(revision, 10))}
}

func versionChunks(account, workflow string, number int) key {
	return key{join("WORKFLOW", account, workflow), join("version", strconv.Itoa(number))}
}

// versionKey keeps trials apart from what was published, which is listed.
func versionKey(account, id string, number int) key {
	if number >= workflow.FirstTrial {
		return key{join("VERSIONS", account, id, "trials"), fmt.Sprintf("%010d", number)}
	}
	return key{join("VERSIONS", account, id), fmt.Sprintf("%010d", number)}
}

// hookKey has the secret's hash: how long a look-up takes says nothing about how
// much of a guess is right, and the table does not give webhooks away.
func hookKey(secret string) key { return key{join("HOOK", hashed(secret)), "hook"} }

func executionKey(account, id string) key { return key{join("EXECUTION", account, id), "head"} }
func listingKey(account, id string) key   { return key{join("EXECUTION", account, id), "listing"} }
func runningKey(account, id string) key   { return key{join("EXECUTION", account, id), "running"} }
func inputChunks(account, id string) key  { return key{join("EXECUTION", account, id), "input"} }
func outputChunks(account, id string) key { return key{join("EXECUTION", account, id), "output"} }

func historyKey(account, execution string, sequence int) key {
	return key{join("HISTORY", account, execution), fmt.Sprintf("%010d", sequence)}
}

func idempotencyKey(account, workflow, sent string) key {
	return key{join("IDEMPOTENCY", account, workflow, hashed(sent)), "key"}
}

func recordKey(k task.Key) key {
	return key{join("RECORD", k.Account, k.Execution), join(k.Node, k.Iteration)}
}

func approvalKey(k approval.Key) key {
	return key{join("APPROVAL", k.Account, k.Execution), join(k.Node, k.Iteration)}
}

// approvalTokenKey has the hash alone, as hookKey has.
func approvalTokenKey(hash string) key { return key{join("APPROVAL_TOKEN", hash), "approval"} }

// approvalList is a partition of the indexes; a state of "" means all, and listIndex.
func approvalList(account string, state approval.State) string {
	if state == "" {
		return join("APPROVALS", account)
	}
	return join("APPROVALS", account, string(state))
}

// valueKey begins like a record's: a connector's role is fenced to both at once.
func valueKey(account, execution, id string) key {
	return key{join("RECORD", account, execution, "value"), join(id)}
}

// pendingKey has the state's hash: who reads the table cannot answer for the person.
func pendingKey(stateHash string) key { return key{join("PENDING_GRANT", stateHash), "grant"} }

// resealKey is how far sealing anew has come; see package reseal.
func resealKey(kind reseal.Kind) key { return key{"RESEALING", join(string(kind))} }

func missKey(m workflow.Miss) key {
	return key{join("MISSES", m.Account), join(m.Workflow, string(m.Reason))}
}

// searchKey is how far the search for credentials has come that are in no list.
func searchKey() key { return key{"RESEALING", "search"} }

// quotaKey is the counter of an account's starts within a minute: each minute has a
// partition of its own.
func quotaKey(account string, minute time.Time) key {
	return key{join("QUOTA", account, strconv.FormatInt(minute.Unix(), 10)), "starts"}
}

func apiKeyKey(account, id string) key { return key{join("API_KEYS", account), join(id)} }

// apiKeyHashKey has the hash alone, as hookKey has.
func apiKeyHashKey(hash string) key { return key{join("API_KEY", hash), "key"} }

func memberKey(account, id string) key { return key{join("MEMBERS", account), join(id)} }

func memberNameKey(account, kind, name string) key {
	return key{join("MEMBER", account, kind, name), "member"}
}

func ownersKey(account string) key { return key{join("OWNERS", account), "count"} }

func auditKey(account, chain string, sequence int64) key {
	return key{join("AUDIT", account, chain), fmt.Sprintf("%012d", sequence)}
}

// auditList and auditOf are partitions of the indexes.
func auditList(account string) string         { return join("AUDITED", account) }
func auditOf(account, resource string) string { return join("AUDITED", account, resource) }

// countPartition is a part of all accounts' counts.
func countPartition(shard int) string { return join("COUNTS", strconv.Itoa(shard)) }

func countKey(e audit.Entry) key {
	return key{countPartition(shardOf(e.Resource)), join(e.Account, string(e.Action), e.Resource, e.Reason, e.Actor)}
}

// chunkKey is the n-th chunk of what first names.
func chunkKey(first key, n int) key {
	return key{first.partition, fmt.Sprintf("%s#%03d", first.sort, n)}
}

// workflowList and accountList are partitions of the indexes; a status of "" means
// all, and listIndex.
func workflowList(account, workflow string, status execution.Status) string {
	return listOf("EXECUTIONS", status, account, workflow)
}

func accountList(account string, status execution.Status) string {
	return listOf("ALL_EXECUTIONS", status, account)
}

func listOf(kind string, status execution.Status, parts ...string) string {
	if status != "" {
		parts = append(parts, string(status))
	}
	return join(append([]string{kind}, parts...)...)
}

// runningShards is over how many partitions of listIndex the running executions of
// all accounts are spread.
const runningShards = 8

func runningList(shard int) string { return join("RUNNING", strconv.Itoa(shard)) }

// allCredentials is a part of all accounts' credentials.
func allCredentials(shard int) string { return join("ALL_CREDENTIALS", strconv.Itoa(shard)) }

func shardOf(id string) int {
	sum := sha256.Sum256([]byte(id))
	return int(sum[0] % runningShards)
}

// startedSort sorts by time, whatever its zone.
func startedSort(started time.Time, parts ...string) string {
	return join(append([]string{started.UTC().Format("2006-01-02T15:04:05.000000000Z")}, parts...)...)
}

// join makes a key of its parts, so that no two lists of parts make the same key.
func join(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = escape(part)
	}
	return strings.Join(escaped, "#")
}

// maxPart keeps keys within DynamoDB's 2048 and 1024 bytes, and the names of map
// members within 255.
const maxPart = 200

// escape writes a part so that it has no separator in it. Ours are left as they
// are; what a caller made up may have any bytes and any length, and none, which a
// key may not.
func escape(part string) string {
	if part == "" {
		return "~"
	}
	var b strings.Builder
	for _, c := range []byte(part) {
		if c <= ' ' || c > '~' || strings.IndexByte("#%~", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	if b.Len() > maxPart {
		return "~" + hashed(part)
	}
	return b.String()
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
