package curl

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// windowsStyle tells a command for the Windows command prompt: its lines go on
// after a ^, or an argument begins with ^".
var windowsStyle = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\^[ \t]*\r?\n|\s\^"`) })

// split gives the words after "curl".
func (r *reader) split(text string) ([]string, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "$ ") // a prompt that was copied along
	var words []string
	var err error
	if windowsStyle().MatchString(text) && !strings.Contains(text, " '") {
		words, err = r.windowsWords(text)
	} else {
		words, err = r.shellWords(text)
	}
	if err != nil {
		return nil, err
	}
	for len(words) > 0 && slices.Contains([]string{"sudo", "time", "command", "exec"}, words[0]) {
		words = words[1:]
	}
	if len(words) == 0 || !isCurl(words[0]) {
		return nil, refuse("The command does not begin with curl.", "Paste a command such as curl https://api.example.com/orders.")
	}
	return words[1:], nil
}

func isCurl(word string) bool {
	name := strings.ToLower(path.Base(strings.ReplaceAll(word, `\`, "/")))
	return name == "curl" || name == "curl.exe"
}

// shellWords reads a command as a POSIX shell does, with the $'...' of bash.
func (r *reader) shellWords(text string) ([]string, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, unreadable(err)
	}
	calls := calls(file)
	if len(calls) == 0 {
		return nil, nil
	}
	if len(calls) > 1 {
		r.warn(oneCommand())
	}
	words := make([]string, len(calls[0].Args))
	for i, arg := range calls[0].Args {
		if words[i], err = r.word(arg); err != nil {
			return nil, err
		}
	}
	return words, nil
}

func oneCommand() (message, hint string) {
	return "Only the first curl command was taken; what stands before, after or behind a | was left out.", "What handled the answer has to become nodes that follow."
}

// calls lists the simple commands, those with curl first.
func calls(file *syntax.File) []*syntax.CallExpr {
	var curls, others []*syntax.CallExpr
	var walk func(*syntax.Stmt)
	walk = func(s *syntax.Stmt) {
		switch cmd := s.Cmd.(type) {
		case *syntax.CallExpr:
			switch {
			case len(cmd.Args) == 0: // it only sets variables
			case isCurl(cmd.Args[0].Lit()):
				curls = append(curls, cmd)
			default:
				others = append(others, cmd)
			}
		case *syntax.BinaryCmd:
			walk(cmd.X)
			walk(cmd.Y)
		case *syntax.TimeClause:
			if cmd.Stmt != nil {
				walk(cmd.Stmt)
			}
		}
	}
	for _, s := range file.Stmts {
		walk(s)
	}
	return append(curls, others...)
}

// unreadable says where a command ends to make sense, not what stands there.
func unreadable(err error) error {
	const hint = "Check that every quote is closed. In a browser, take Copy as cURL (bash)."
	if parse, ok := errors.AsType[syntax.ParseError](err); ok {
		return refuse(fmt.Sprintf("The command makes no sense to a shell at line %d, column %d.", parse.Pos.Line(), parse.Pos.Col()), hint)
	}
	return refuse("The command makes no sense to a shell.", hint)
}

// word gives the text of a word. A variable stays as it is written, with a warning.
func (r *reader) word(w *syntax.Word) (string, error) {
	var b strings.Builder
	if err := r.parts(&b, w.Parts, false); err != nil {
		return "", err
	}
	return b.String(), nil
}

func (r *reader) parts(b *strings.Builder, parts []syntax.WordPart, quoted bool) error {
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(p.Value, quoted))
		case *syntax.SglQuoted:
			text := p.Value
			if p.Dollar {
				var err error
				if text, _, err = expand.Format(nil, text, nil); err != nil {
					return refuse("A text in $'...' cannot be read.", "Check what stands after its backslashes.")
				}
			}
			b.WriteString(text)
		case *syntax.DblQuoted:
			if err := r.parts(b, p.Parts, true); err != nil {
				return err
			}
		case *syntax.ParamExp:
			if p.Param == nil {
				return refuse("The command has a part that only a shell can work out.", "Replace it by its value first.")
			}
			b.WriteString("$" + p.Param.Value)
			// Its name is not quoted: in a password it may be a part of it.
			r.warn("The command uses a shell variable, whose value is not known here; its name was put in its place.", "Replace what begins with $ by the value, or by a variable of the workflow in double braces.")
		default:
			return refuse("The command has a part that only a shell can work out, such as $(...) or `...`.", "Replace it by its value first.")
		}
	}
	return nil
}

// unescape takes out the backslashes of an unquoted or double-quoted text.
func unescape(s string, quoted bool) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) || quoted && strings.IndexByte("$`\"\\\n", s[i+1]) < 0 {
			b.WriteByte(s[i])
			continue
		}
		if i++; s[i] != '\n' {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
