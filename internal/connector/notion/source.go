package notion

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// source is a data source of a database.
type source struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// column is a property that every page of a data source has.
type column struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// findSource looks up the data source of a database; wanted is its id or name, and
// may be empty where there is only one.
//
// Source: https://developers.notion.com/reference/database-retrieve
func findSource(ctx context.Context, call *connector.Call, databaseID, wanted string) (string, error) {
	var database struct {
		Sources []source `json:"data_sources"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: rest.Path("v1", "databases", databaseID)}, &database); err != nil {
		return "", fmt.Errorf("looking up database: %w", beforehand(err))
	}
	names := make([]string, len(database.Sources))
	for i, s := range database.Sources {
		if wanted != "" && (s.Name == wanted || bare(s.ID) == bare(readID(wanted))) {
			return s.ID, nil
		}
		names[i] = fmt.Sprintf("%s (%s)", s.Name, s.ID)
	}
	switch {
	case wanted != "":
		return "", fault.New(fault.InvalidInput, "The database has no data source %q.", wanted).
			WithHint("It has %s.", strings.Join(names, ", ")).At("/data_source", "There is no such data source.")
	case len(database.Sources) == 1:
		return database.Sources[0].ID, nil
	case len(database.Sources) == 0:
		return "", fault.New(fault.ServiceNotFound, "The database has no data source that the connection may see.").
			WithHint("A linked view has none of its own: share the database that it shows, and use the id of that one.")
	default:
		return "", fault.New(fault.InvalidInput, "The database has several data sources.").
			WithHint("Name the one that is meant: %s.", strings.Join(names, ", "))
	}
}

// readColumns asks which properties the pages of a data source have, by name.
//
// Source: https://developers.notion.com/reference/retrieve-a-data-source
func readColumns(ctx context.Context, call *connector.Call, sourceID string) (map[string]column, error) {
	var s struct {
		Properties map[string]column `json:"properties"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: rest.Path("v1", "data_sources", sourceID)}, &s); err != nil {
		return nil, fmt.Errorf("looking up data source: %w", beforehand(err))
	}
	return s.Properties, nil
}

// bare is an id without the dashes, which Notion writes or leaves out.
func bare(id string) string { return strings.ReplaceAll(id, "-", "") }

// beforehand is the error of a call that only prepares what was asked for: nothing
// has been done yet, whatever became of it.
func beforehand(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || !f.Unsettled {
		return err
	}
	settled := *f
	settled.Unsettled, settled.Hint = false, "Nothing was changed yet."
	return &settled
}
