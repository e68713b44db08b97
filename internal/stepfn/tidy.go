package stepfn

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// underWay is how long a version without an alias may be that of a deployment which
// is just being made.
const underWay = time.Hour

// tidy deletes the aliases of versions that are too old, and the state machine's
// versions that no alias leads to: those, and what failed deployments left. It costs
// two calls where there is nothing to delete.
func (d *Deployer) tidy(ctx context.Context, machine string, needed []int) error {
	aliases, err := d.aliases(ctx, machine)
	if err != nil {
		return err
	}
	kept, old := divide(aliases, d.Keep, needed)
	for _, alias := range old {
		err := settled(ctx, "deleting an old version's alias", func() error {
			_, err := d.Client.DeleteStateMachineAlias(ctx, &sfn.DeleteStateMachineAliasInput{StateMachineAliasArn: &alias})
			return gone(err)
		})
		if err != nil {
			return err
		}
	}
	versions, err := d.versions(ctx, machine)
	if err != nil || len(versions) <= len(kept) {
		return err
	}
	used, err := d.targets(ctx, kept)
	if err != nil {
		return err
	}
	for _, version := range versions {
		arn := aws.ToString(version.StateMachineVersionArn)
		if used[arn] || d.Now().Sub(aws.ToTime(version.CreationDate)) < underWay {
			continue
		}
		if err := d.drop(ctx, arn); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes a version, unless somebody has just given it an alias.
func (d *Deployer) drop(ctx context.Context, version string) error {
	err := settled(ctx, "deleting an old version", func() error {
		_, err := d.Client.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: &version})
		return gone(err)
	})
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// gone takes what is no longer there for deleted.
func gone(err error) error {
	if missing(err) {
		return nil
	}
	return err
}

// keepTrials is how many trials of drafts stay deployed, beside the versions.
const keepTrials = 10

// divide splits aliases into those that stay and those that are too old: the newest
// versions stay, the newest trials, the needed ones, and what is not ours.
func divide(aliases []string, keep int, needed []int) (kept, old []string) {
	slices.SortFunc(aliases, func(a, b string) int {
		x, _ := numberOf(a)
		y, _ := numberOf(b)
		return cmp.Or(y-x, cmp.Compare(a, b))
	})
	room := map[bool]int{false: keep, true: keepTrials} // by whether it is a trial
	for _, alias := range aliases {
		number, is := numberOf(alias)
		trial := number >= workflow.FirstTrial
		if is {
			room[trial]--
		}
		if !is || room[trial] >= 0 || slices.Contains(needed, number) {
			kept = append(kept, alias)
		} else {
			old = append(old, alias)
		}
	}
	return kept, old
}

func (d *Deployer) aliases(ctx context.Context, machine string) ([]string, error) {
	var arns []string
	in := &sfn.ListStateMachineAliasesInput{StateMachineArn: &machine, MaxResults: 1000}
	for {
		out, err := d.Client.ListStateMachineAliases(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("listing aliases: %w", faultOf(err))
		}
		for _, a := range out.StateMachineAliases {
			arns = append(arns, aws.ToString(a.StateMachineAliasArn))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return arns, nil
		}
	}
}

func (d *Deployer) versions(ctx context.Context, machine string) ([]types.StateMachineVersionListItem, error) {
	var versions []types.StateMachineVersionListItem
	in := &sfn.ListStateMachineVersionsInput{StateMachineArn: &machine, MaxResults: 1000}
	for {
		out, err := d.Client.ListStateMachineVersions(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("listing versions: %w", faultOf(err))
		}
		versions = append(versions, out.StateMachineVersions...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return versions, nil
		}
	}
}

// targets gives the versions that aliases lead to.
func (d *Deployer) targets(ctx context.Context, aliases []string) (map[string]bool, error) {
	used := map[string]bool{}
	for _, alias := range aliases {
		out, err := d.Client.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &alias})
		if gone(err) != nil {
			return nil, fmt.Errorf("reading an alias: %w", faultOf(err))
		}
		if err == nil {
			for _, route := range out.RoutingConfiguration {
				used[aws.ToString(route.StateMachineVersionArn)] = true
			}
		}
	}
	return used, nil
}
