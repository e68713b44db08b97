package googlesheets

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"switchboard/internal/fault"
)

const (
	spreadsheetID      = `[A-Za-z0-9_-]{1,200}`
	spreadsheetPattern = spreadsheetID + `|https://docs\.google\.com/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/` + spreadsheetID + `(?:[/?#].*)?`
)

var idInAddress = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`/d/(` + spreadsheetID + `)`) })

// idOf takes the ID out of an address.
func idOf(text string) string {
	if found := idInAddress().FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return text
}

// Bounds of a sheet.
// Source: https://support.google.com/drive/answer/37603
const (
	lastColumn = 18_278     // ZZZ
	lastRow    = 10_000_000 // a spreadsheet has no more cells
)

// cell is one corner of a range: a column, a row, or both.
var cell = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\$?([A-Za-z]{0,3})\$?([0-9]*)$`) })

// plainName is the name of a sheet that needs no quotes, or of a named range.
var plainName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

// quoteRange checks a range in A1 notation and puts quotes around the name of its
// sheet where it needs them. What could be the name of a sheet or of a range is
// left for the service to find.
// Source: https://developers.google.com/workspace/sheets/api/guides/concepts#cell
func quoteRange(text string) (string, error) {
	text = strings.TrimSpace(text)
	sheet, area, both, err := splitRange(text)
	switch {
	case err != nil:
		return "", badRange(text, err)
	case both:
		if sheet == "" {
			return "", badRange(text, fmt.Errorf("there is no sheet before the exclamation mark"))
		}
		if err := checkArea(area); err != nil {
			return "", badRange(text, err)
		}
		return quote(sheet) + "!" + area, nil
	case looksLikeArea(area):
		if err := checkArea(area); err != nil {
			return "", badRange(text, err)
		}
		return area, nil
	case sheet == "":
		return "", badRange(text, fmt.Errorf("it is empty"))
	default:
		return quote(sheet), nil
	}
}

// splitRange parts the name of the sheet, without quotes, from the cells.
func splitRange(text string) (sheet, area string, both bool, err error) {
	if !strings.HasPrefix(text, "'") {
		// A name may hold an exclamation mark; cells never do.
		if i := strings.LastIndexByte(text, '!'); i >= 0 {
			return text[:i], text[i+1:], true, nil
		}
		return text, text, false, nil
	}
	var name strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '\'':
			name.WriteByte(text[i])
		case strings.HasPrefix(text[i+1:], "'"):
			name.WriteByte('\'')
			i++
		case i+1 == len(text):
			return name.String(), "", false, nil
		case text[i+1] == '!':
			return name.String(), text[i+2:], true, nil
		default:
			return "", "", false, fmt.Errorf("behind the quoted name comes neither an exclamation mark nor the end; a quote within a name is written twice")
		}
	}
	return "", "", false, fmt.Errorf("the quote before the name is not closed")
}

// looksLikeArea says whether a text without a sheet is meant as cells: A1, A1:B2,
// A:C, 1:3. A name alone, such as Orders or Q1Data, is not.
func looksLikeArea(text string) bool {
	from, to, isPair := strings.Cut(text, ":")
	if !isPair {
		m := cell().FindStringSubmatch(text)
		return m != nil && m[1] != "" && m[2] != ""
	}
	return cell().MatchString(from) && cell().MatchString(to)
}

func checkArea(area string) error {
	from, to, isPair := strings.Cut(area, ":")
	first, err := corner(from)
	if err != nil {
		return err
	}
	if !isPair {
		if first.column == 0 || first.row == 0 {
			return fmt.Errorf("%q is not a cell: write a cell such as A1, or a whole column as A:A and a row as 1:1", area)
		}
		return nil
	}
	last, err := corner(to)
	switch {
	case err != nil:
		return err
	case first.column == 0 && last.column != 0 || first.column != 0 && last.column == 0:
		return fmt.Errorf("one side of the colon has a column and the other has none")
	case first.column == 0 && (first.row == 0 || last.row == 0):
		return fmt.Errorf("one side of the colon is empty")
	case first.row == 0 && last.row != 0:
		return fmt.Errorf("it has a last row but no first one: write %s1:%s", strings.TrimLeft(from, "$"), to)
	case last.column < first.column, last.row != 0 && last.row < first.row:
		return fmt.Errorf("it ends before it begins: write the upper left cell first")
	}
	return nil
}

// point is a corner; 0 is a part that is left out.
type point struct{ column, row int }

func corner(text string) (point, error) {
	m := cell().FindStringSubmatch(text)
	if m == nil || text == "" {
		return point{}, fmt.Errorf("%q is not a cell such as A1", text)
	}
	var p point
	for _, letter := range strings.ToUpper(m[1]) {
		p.column = p.column*26 + int(letter-'A') + 1
	}
	if p.column > lastColumn {
		return point{}, fmt.Errorf("the column %s does not exist: the last one is ZZZ", m[1])
	}
	if m[2] == "" {
		return p, nil
	}
	row, err := strconv.Atoi(m[2])
	switch {
	case err != nil || row > lastRow:
		return point{}, fmt.Errorf("the row %s does not exist: a spreadsheet has at most %d cells", m[2], lastRow)
	case row == 0:
		return point{}, fmt.Errorf("rows are counted from 1")
	}
	p.row = row
	return p, nil
}

func quote(sheet string) string {
	// A name that reads like cells would be taken for them.
	if plainName().MatchString(sheet) && !cell().MatchString(sheet) {
		return sheet
	}
	return "'" + strings.ReplaceAll(sheet, "'", "''") + "'"
}

func badRange(text string, why error) error {
	message := fmt.Sprintf("The range %q cannot be read: %v.", short(text), why)
	return fault.New(fault.InvalidInput, "%s", message).
		WithHint("Write the sheet, an exclamation mark and the cells, such as Orders!A1:D20, Orders!A:D or 'My sheet'!A2:C.").At("/range", message)
}

func short(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
