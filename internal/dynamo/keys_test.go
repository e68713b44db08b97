package dynamo

import (
	"strings"
	"testing"
	"time"

	"switchboard/internal/approval"
	"switchboard/internal/execution"
	"switchboard/internal/task"
)

// Every key there is. They are in production tables: one that changes here is lost
// there.
func TestKeys(t *testing.T) {
	started := time.Date(2026, 2, 3, 5, 5, 6, 789, time.FixedZone("CET", 3600))
	sha := "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" // of "secret"
	tests := map[string]struct {
		got, want key
	}{
		"agent":             {agentKey("acc", "agt_1"), key{"AGENTS#acc", "agt_1"}},
		"link":              {linkKey("acc", "agt_1", "cred_1"), key{"LINKS#acc#agt_1", "cred_1"}},
		"credential":        {credentialKey("acc", "cred_1"), key{"CREDENTIALS#acc", "cred_1"}},
		"secret":            {secretKey("acc", "slack_bot_token", "cred_1"), key{"slack_bot_token#acc#cred_1", "secret"}},
		"account's list":    {accountWorkflowKey("acc", "wf_1"), key{"WORKFLOWS#acc", "wf_1"}},
		"agent's list":      {agentWorkflowKey("acc", "agt_1", "wf_1"), key{"WORKFLOWS#acc#agt_1", "wf_1"}},
		"draft":             {draftKey("acc", "wf_1"), key{"WORKFLOW#acc#wf_1", "draft"}},
		"draft's chunk":     {chunkKey(draftChunks("acc", "wf_1", 7), 2), key{"WORKFLOW#acc#wf_1", "draft#7#002"}},
		"version":           {versionKey("acc", "wf_1", 12), key{"VERSIONS#acc#wf_1", "0000000012"}},
		"version's chunk":   {chunkKey(versionChunks("acc", "wf_1", 12), 0), key{"WORKFLOW#acc#wf_1", "version#12#000"}},
		"hook":              {hookKey("secret"), key{"HOOK#" + sha, "hook"}},
		"execution":         {executionKey("acc", "exe_1"), key{"EXECUTION#acc#exe_1", "head"}},
		"listing":           {listingKey("acc", "exe_1"), key{"EXECUTION#acc#exe_1", "listing"}},
		"running":           {runningKey("acc", "exe_1"), key{"EXECUTION#acc#exe_1", "running"}},
		"input's chunk":     {chunkKey(inputChunks("acc", "exe_1"), 0), key{"EXECUTION#acc#exe_1", "input#000"}},
		"output's chunk":    {chunkKey(outputChunks("acc", "exe_1"), 0), key{"EXECUTION#acc#exe_1", "output#000"}},
		"history":           {historyKey("acc", "exe_1", 3), key{"HISTORY#acc#exe_1", "0000000003"}},
		"idempotency":       {idempotencyKey("acc", "wf_1", "secret"), key{"IDEMPOTENCY#acc#wf_1#" + sha, "key"}},
		"record":            {recordKey(task.Key{Account: "acc", Execution: "exe_1", Node: "send", Iteration: "0.12"}), key{"RECORD#acc#exe_1", "send#0.12"}},
		"record, no loop":   {recordKey(task.Key{Account: "acc", Execution: "exe_1", Node: "send"}), key{"RECORD#acc#exe_1", "send#~"}},
		"approval":          {approvalKey(approval.Key{Account: "acc", Execution: "exe_1", Node: "ask", Iteration: "3"}), key{"APPROVAL#acc#exe_1", "ask#3"}},
		"approval's token":  {approvalTokenKey(sha), key{"APPROVAL_TOKEN#" + sha, "approval"}},
		"approvals":         {key{approvalList("acc", ""), startedSort(started, "apr_1")}, key{"APPROVALS#acc", "2026-02-03T04:05:06.000000789Z#apr_1"}},
		"and by state":      {key{partition: approvalList("acc", approval.Waiting)}, key{partition: "APPROVALS#acc#waiting"}},
		"value":             {valueKey("acc", "exe_1", "val_1"), key{"RECORD#acc#exe_1#value", "val_1"}},
		"value's chunk":     {chunkKey(valueKey("acc", "exe_1", "val_1"), 0), key{"RECORD#acc#exe_1#value", "val_1#000"}},
		"workflow's runs":   {key{workflowList("acc", "wf_1", ""), startedSort(started, "exe_1")}, key{"EXECUTIONS#acc#wf_1", "2026-02-03T04:05:06.000000789Z#exe_1"}},
		"runs by status":    {key{partition: workflowList("acc", "wf_1", execution.Failed)}, key{partition: "EXECUTIONS#acc#wf_1#failed"}},
		"account's runs":    {key{partition: accountList("acc", "")}, key{partition: "ALL_EXECUTIONS#acc"}},
		"and by status":     {key{partition: accountList("acc", execution.TimedOut)}, key{partition: "ALL_EXECUTIONS#acc#timed_out"}},
		"running of all":    {key{runningList(3), startedSort(started, "acc", "exe_1")}, key{"RUNNING#3", "2026-02-03T04:05:06.000000789Z#acc#exe_1"}},
		"parts are escaped": {agentKey("a#b%c~d", "ü\x00 z"), key{"AGENTS#a%23b%25c%7Ed", "%C3%BC%00%20z"}},
		"and never empty":   {agentKey("acc", ""), key{"AGENTS#acc", "~"}},
		"and bounded":       {agentKey("acc", strings.Repeat("x", 201)), key{"AGENTS#acc", "~" + hashed(strings.Repeat("x", 201))}},
		"only where needed": {agentKey("acc", strings.Repeat("x", 200)), key{"AGENTS#acc", strings.Repeat("x", 200)}},
	}
	seen := map[key]string{}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("key %q, want %q", tt.got, tt.want)
			}
			// The fence of a connector's role is the beginning of the partition's key.
			if lower := tt.got.partition[0] >= 'a' && tt.got.partition[0] <= 'z'; lower != (name == "secret") {
				t.Errorf("the partition %q could be taken for one of secrets, or is not one", tt.got.partition)
			}
		})
		if other, ok := seen[tt.got]; ok {
			t.Errorf("%s and %s have the same key", name, other)
		}
		seen[tt.got] = name
	}
}

func TestShardsAreAllUsed(t *testing.T) {
	used := map[int]int{}
	for n := range 800 {
		used[shardOf(startedSort(time.Unix(int64(n), 0)))]++
	}
	for shard := range runningShards {
		if used[shard] < 50 {
			t.Errorf("%d of 800 are in shard %d", used[shard], shard)
		}
	}
}

// FuzzJoin looks for two lists of parts with the same key, and for keys that
// DynamoDB refuses.
func FuzzJoin(f *testing.F) {
	f.Add("a", "b", "ab", "")
	f.Add("a#", "b", "a", "#b")
	f.Add("a%23", "", "a#", "")
	f.Add("~", "x", "", "~x")
	f.Add(strings.Repeat("ü", 99), "", strings.Repeat("ü", 98), "ü")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		one, two := join("K", a, b), join("K", c, d)
		if (one == two) != (a == c && b == d) {
			t.Errorf("%q, %q and %q, %q make %q and %q", a, b, c, d, one, two)
		}
		if len(one) > 1024 || strings.Count(one, "#") != 2 {
			t.Errorf("%q, %q makes %q", a, b, one)
		}
	})
}
