package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/fault"
)

// Audit serves the record of who did what.
type Audit struct{ Repository audit.Repository }

const mediaLines = "application/jsonl"

// Mount adds the routes.
func (a Audit) Mount(api huma.API) {
	tags := []string{"Audit"}
	register(api, huma.Operation{
		OperationID: "list-audit", Method: http.MethodGet, Path: "/v1/audit", Tags: tags,
		Summary:     "List who did what, newest first",
		Description: "Every entry has the hash of the one before it in its chain. With a filter, a page may have fewer items than its limit while there is a next one.",
	}, a.list)
	register(api, huma.Operation{
		OperationID: "export-audit", Method: http.MethodGet, Path: "/v1/audit/export", Tags: tags,
		Summary: "Export all of it as JSON lines",
		Description: "Chain by chain, each from its beginning on. `go run ./infra/local audit verify FILE` verifies it. " +
			"With limit it comes in parts, each of which tells in " + nextHeader + " where the next one begins; one behind the other they are the whole. On AWS an answer has at most 6 MB, so that a long one has to be asked for in parts.",
		Responses: map[string]*huma.Response{"200": {
			Description: "An entry a line", Content: map[string]*huma.MediaType{mediaLines: {Schema: &huma.Schema{Type: huma.TypeString}}},
			Headers: map[string]*huma.Param{nextHeader: {Description: "after for the next part; not there in the last one", Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	}, a.export)
}

type entryView struct {
	At        time.Time    `json:"at"`
	Actor     string       `json:"actor" doc:"Who did it: owner, user:<subject>, key:<id>, trigger:<workflow>, workflow:<id>, connector:<name>, anonymous, system, or link for somebody who only had an approval's" example:"owner"`
	Action    audit.Action `json:"action" example:"credential.create"`
	Resource  string       `json:"resource" doc:"The id of what it was done to"`
	Agent     string       `json:"agent,omitempty" doc:"The agent of a link"`
	Execution string       `json:"execution,omitempty" doc:"The execution for which it was done"`
	Node      string       `json:"node,omitempty" doc:"The node of the execution"`
	Iteration string       `json:"iteration,omitempty" doc:"The item's index in every loop around the node"`
	Reason    string       `json:"reason,omitempty" doc:"Why something was refused, or what came of it; nothing_started is of a webhook's credential that was opened for a request that started no new execution" example:"signature"`
	Count     int64        `json:"count,omitempty" doc:"How often, where one entry stands for several times"`
	Chain     string       `json:"chain" doc:"Which of the account's chains it is in"`
	Sequence  int64        `json:"sequence" doc:"Its place in the chain, from 1"`
	PrevHash  string       `json:"prev_hash" doc:"The hash of the entry before it in the chain; empty for the first"`
	Hash      string       `json:"hash" doc:"SHA-256 of the entry, prev_hash included"`
}

func viewEntry(e audit.Entry) entryView {
	return entryView{
		At: e.At.UTC(), Actor: e.Actor, Action: e.Action, Resource: e.Resource, Agent: e.Agent, Execution: e.Execution, Node: e.Node,
		Iteration: e.Iteration, Reason: e.Reason, Count: e.Count, Chain: e.Chain, Sequence: e.Sequence, PrevHash: e.PrevHash, Hash: e.Hash,
	}
}

type auditQuery struct {
	// The longest are the source of an event, and a subject behind "user:".
	Resource string `query:"resource" maxLength:"300" doc:"Only what was done to this"`
	Actor    string `query:"actor" maxLength:"300" doc:"Only what this one did" example:"owner"`
	Paging
}

func (a Audit) list(ctx context.Context, p account.Principal, in *auditQuery) (*shown[listView[entryView]], error) {
	entries, err := a.Repository.Audit(ctx, p.Account, audit.Filter{Resource: in.Resource, Actor: in.Actor}, in.query())
	if err != nil {
		return nil, fmt.Errorf("reading the audit: %w", err)
	}
	return showPage(entries, viewEntry), nil
}

// nextHeader tells where the next part of an export begins.
const nextHeader = "X-Next-After"

type auditExportQuery struct {
	Limit int    `query:"limit" minimum:"1" maximum:"5000" doc:"How many entries at most; all if it is not given" example:"5000"`
	After string `query:"after" pattern:"^([a-z0-9]+:[0-9]+)?$" doc:"Only those after this one, by chain and sequence, as the part before told it" example:"0:5000"`
}

// place reads After.
func (in *auditExportQuery) place() (audit.Place, error) {
	chain, number, _ := strings.Cut(in.After, ":")
	if in.After == "" {
		return audit.Place{}, nil
	}
	sequence, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return audit.Place{}, fault.New(fault.ValidationFailed, "The request is not valid.").At("/after", "is no place that an export told")
	}
	return audit.Place{Chain: chain, Sequence: sequence}, nil
}

// export streams: an audit is as long as the account is old. What goes wrong in the
// middle cuts the answer off, so that half of it does not look like the whole.
func (a Audit) export(ctx context.Context, p account.Principal, in *auditExportQuery) (*huma.StreamResponse, error) {
	after, err := in.place()
	if err != nil {
		return nil, err
	}
	if in.Limit > 0 {
		return a.exportPart(ctx, p, after, in.Limit)
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		exportHeaders(hctx)
		w := bufio.NewWriterSize(hctx.BodyWriter(), 64<<10)
		lines := json.NewEncoder(w)
		err := a.Repository.AuditChains(ctx, p.Account, after, func(e audit.Entry) error { return lines.Encode(e) })
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			traceOf(ctx).failure = err
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

func exportHeaders(hctx huma.Context) {
	hctx.SetHeader("Content-Type", mediaLines)
	hctx.SetHeader("Content-Disposition", `attachment; filename="audit.jsonl"`)
}

var errPartFull = errors.New("the part is full")

// exportPart is so many entries. They are read before anything is written, for the
// headers say where the next part begins.
func (a Audit) exportPart(ctx context.Context, p account.Principal, after audit.Place, limit int) (*huma.StreamResponse, error) {
	var part bytes.Buffer
	lines, n, last, next := json.NewEncoder(&part), 0, after, ""
	err := a.Repository.AuditChains(ctx, p.Account, after, func(e audit.Entry) error {
		if n++; n > limit {
			next = fmt.Sprintf("%s:%d", last.Chain, last.Sequence)
			return errPartFull
		}
		last = audit.Place{Chain: e.Chain, Sequence: e.Sequence}
		return lines.Encode(e)
	})
	if err != nil && !errors.Is(err, errPartFull) {
		return nil, fmt.Errorf("reading the audit: %w", err)
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		exportHeaders(hctx)
		if next != "" {
			hctx.SetHeader(nextHeader, next)
		}
		_, _ = hctx.BodyWriter().Write(part.Bytes())
	}}, nil
}
