package workflow

import (
	"encoding/json"
	"fmt"

	"switchboard/internal/recent"
)

// parsedBytes bounds the texts of the versions that are kept parsed.
const parsedBytes = 4 << 20

// Parsed reads published versions, each once. It is safe for concurrent use.
type Parsed struct {
	kept *recent.Kept[parsedID, parsed]
}

// parsedID names a version. A workflow that was deleted and is imported again has the
// same id, and counts its versions anew: they differ by when they were published.
type parsedID struct {
	account, workflow string
	number            int
	published         int64 // in nanoseconds since 1970
}

type parsed struct {
	document *Document
	sources  SourceMap
}

// NewParsed returns one that keeps nothing yet.
func NewParsed() *Parsed {
	return &Parsed{recent.UpTo[parsedID, parsed](parsedBytes)}
}

// Of gives a version's document and source map, which are shared: nobody may change
// them.
func (p *Parsed) Of(v Version) (*Document, SourceMap, error) {
	key := parsedID{v.Account, v.Workflow, v.Number, v.PublishedAt.UnixNano()}
	if kept, ok := p.kept.Get(key); ok {
		return kept.document, kept.sources, nil
	}
	doc, err := Parse(v.Document)
	if err != nil {
		return nil, nil, fmt.Errorf("reading version: %w", err)
	}
	var sources SourceMap
	if len(v.SourceMap) > 0 {
		if err := json.Unmarshal(v.SourceMap, &sources); err != nil {
			return nil, nil, fmt.Errorf("reading source map: %w", err)
		}
	}
	p.kept.Put(key, parsed{doc, sources}, len(v.Document)+len(v.SourceMap))
	return doc, sources, nil
}
