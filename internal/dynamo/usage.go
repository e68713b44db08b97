package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"switchboard/internal/awsapi/dynamodb"

	"switchboard/internal/usage"
)

// The attributes of a day's counts: numbers, so that DynamoDB adds to them. Those of a
// connector have its name behind the prefix.
const (
	usageExecutions = "executions"
	usageFailed     = "failed"
	usageNodeRuns   = "node_runs"
	usageCalls      = "calls:"
	usageErrors     = "errors:"
)

// AddUsage implements usage.Repository. DynamoDB adds, so that nobody who counts at the
// same time is overwritten.
func (s *Store) AddUsage(ctx context.Context, account, day string, c usage.Counts) error {
	amounts := map[string]int64{usageExecutions: c.Executions, usageFailed: c.Failed, usageNodeRuns: c.NodeRuns}
	for name, calls := range c.Connectors {
		amounts[usageCalls+name], amounts[usageErrors+name] = calls.Calls, calls.Errors
	}
	names, bound := map[string]string{}, item{}
	var terms []string
	for name, n := range amounts {
		if n == 0 {
			continue
		}
		i := strconv.Itoa(len(terms))
		names["#n"+i], bound[":n"+i] = name, dynamodb.Number(n)
		terms = append(terms, "#n"+i+" :n"+i)
	}
	if terms == nil {
		return nil
	}
	_, err := call(ctx, s.client.UpdateItem, &dynamodb.UpdateItemInput{
		TableName: s.table, Key: usageKey(account, day).item(), UpdateExpression: "ADD " + strings.Join(terms, ", "),
		ExpressionAttributeNames: names, ExpressionAttributeValues: bound,
	})
	return doing(err, "counting usage")
}

// UsageDays implements usage.Repository.
func (s *Store) UsageDays(ctx context.Context, account, from, to string) (days []usage.Day, err error) {
	in := &dynamodb.QueryInput{
		TableName: s.table, KeyConditionExpression: "#pk = :pk AND #sk BETWEEN :from AND :to",
		ExpressionAttributeNames: map[string]string{"#pk": partitionAttribute, "#sk": sortAttribute},
		ExpressionAttributeValues: item{
			":pk":   dynamodb.Text(usageKey(account, "").partition),
			":from": dynamodb.Text(from), ":to": dynamodb.Text(to),
		},
	}
	for {
		out, err := call(ctx, s.client.Query, in)
		if err != nil {
			return nil, doing(err, "reading usage")
		}
		for _, i := range out.Items {
			day, err := usageDay(i)
			if err != nil {
				return nil, doing(err, "reading usage")
			}
			days = append(days, day)
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return days, nil
		}
	}
}

func usageDay(i item) (usage.Day, error) {
	d := usage.Day{}
	for name, value := range i {
		if name == sortAttribute {
			d.Day = value.Text()
		}
		if value.N == nil {
			continue
		}
		n, err := strconv.ParseInt(*value.N, 10, 64)
		if err != nil {
			return d, fmt.Errorf("decoding a count: %w", err)
		}
		var more usage.Counts
		if connector, ok := strings.CutPrefix(name, usageCalls); ok {
			more.Connectors = map[string]usage.Calls{connector: {Calls: n}}
		} else if connector, ok := strings.CutPrefix(name, usageErrors); ok {
			more.Connectors = map[string]usage.Calls{connector: {Errors: n}}
		}
		switch name {
		case usageExecutions:
			more.Executions = n
		case usageFailed:
			more.Failed = n
		case usageNodeRuns:
			more.NodeRuns = n
		}
		d.Add(more)
	}
	return d, nil
}
