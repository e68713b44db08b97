package template

import (
	"strings"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
)

// rendition is a filter in JSONata for values of one type, or of any: what it
// gives for the value in $v, with arguments that are literals or variables.
type rendition struct {
	of   kinds
	expr func(e *emission, c *call, args []string) string
}

// pattern renders a filter with as many arguments as it has @.
func pattern(p string) func(*emission, *call, []string) string {
	return func(e *emission, _ *call, args []string) string { return e.format(p, args...) }
}

var (
	emitUpper   = []rendition{{aText, pattern(`$uppercase($v)`)}}
	emitLower   = []rendition{{aText, pattern(`$lowercase($v)`)}}
	emitTrim    = []rendition{{aText, pattern(trimJSONata)}}
	emitNumber  = []rendition{{aNumber, pattern(`$v`)}, {aText, numberJSONata}}
	emitString  = []rendition{{anything, stringJSONata}}
	emitLength  = []rendition{{aText, pattern(`$length($v)`)}, {aList, pattern(`$count($v)`)}, {anObject, pattern(`$count($keys($v))`)}}
	emitJoin    = []rendition{{aList, joinJSONata}}
	emitSplit   = []rendition{{aText, pattern(`$split($v,@)`)}}
	emitFirst   = []rendition{{aText, pattern(`$substring($v,0,1)`)}, {aList, pattern(`$v[0]`)}}
	emitLast    = []rendition{{aText, pattern(`$substring($v,-1)`)}, {aList, pattern(`$v[-1]`)}}
	emitReplace = []rendition{{aText, pattern(`$replace($v,@,@)`)}}
	emitSlice   = []rendition{{aText, sliceTextJSONata}, {aList, sliceListJSONata}}
	emitRound   = []rendition{{aNumber, roundJSONata}}
)

// trimJSONata finds the first and last character that stay, as $trim takes white
// space away within the text as well, and cuts what stands outside of them.
const trimJSONata = `($f:=$trim($v);$f=""?"":(` +
	`$l:=$split($v,$substring($f,0,1));$s:=$length($l[0]);` +
	`$l:=$split($v,$substring($f,-1));$substring($v,$s,$length($v)-$s-$length($l[-1]))))`

// numberJSONata tests the text itself, as $number reads hexadecimal numbers too and
// its error would not name the expression. Only a regular expression can do that, and
// it leaves out some numbers that are nearly too large for a double: see package doc.
func numberJSONata(e *emission, c *call, _ []string) string {
	return e.format(`$contains($v,/^-?0*[0-9]{1,100}([.][0-9]+)?([eE](-[0-9]+|[+]?0*1?[0-9]?[0-9]))?$/)?$number($v):@`,
		e.raise(fault.InvalidTemplate, refusal(c.name(), complaintNumber)))
}

func stringJSONata(e *emission, c *call, _ []string) string {
	return e.textOf(e.format("$v"), c.name())
}

func joinJSONata(e *emission, c *call, args []string) string {
	separator := asl.Quote(defaultSeparator)
	if len(args) > 0 {
		separator = args[0]
	}
	// $join gives undefined for no items.
	return e.format(`""&$join($map($v,function($x){@}),@)`, e.textOf(e.format("$x"), c.name()), separator)
}

func sliceTextJSONata(e *emission, _ *call, args []string) string {
	switch {
	case len(args) == 1:
		return e.format(`$substring($v,@)`, args[0])
	case isDigits(args[0]) && isDigits(args[1]):
		return e.format(`$substring($v,@,@-@)`, args[0], args[1], args[0])
	}
	return e.format(`($n:=$length($v);@$substring($v,$s,$e-$s))`, e.bounds(args))
}

// sliceListJSONata collects the items one by one. A list among them is wrapped
// twice, as $append and the constructor of a list both take lists apart.
func sliceListJSONata(e *emission, _ *call, args []string) string {
	return e.format(`($n:=$count($v);@$reduce($v,function($l,$x,$i){$i>=$s and $i<$e?$append($l,$type($x)="array"?[[$x]]:[$x]):$l},[]))`,
		e.bounds(args))
}

// bounds sets $s and $e to the start and end of a slice of $n parts.
func (e *emission) bounds(args []string) string {
	end := e.format(`$e:=$n;`)
	if len(args) > 1 {
		end = e.format(`$e:=@;$e:=$e<0?$n+$e:$e;`, args[1])
	}
	return e.format(`$s:=@;$s:=$s<0?$n+$s:$s;$s:=$s<0?0:$s;`, args[0]) + end
}

func isDigits(s string) bool { return s != "" && leadingDigits(s) == s }

// roundJSONata corrects $round, which gives the even neighbour of a half: $v is a
// half where twice of it is no fraction any more, and $l-$f is the other neighbour.
func roundJSONata(e *emission, _ *call, args []string) string {
	digits := "0"
	if len(args) > 0 {
		digits = args[0]
	}
	return e.format(`$v%1=0?$v:($f:=$round($v,@);$l:=$v*2;$f!=$v and $round($l,@)=$l and ($v>0?$f<$v:$f>$v)?$round($l-$f,@):$f)`,
		digits, digits, digits)
}

// call adds a filter other than default. Null and undefined pass, as neither is
// unequal to null; other values that the filter does not take raise an error.
func (e *emission) call(b *block, c *call, open bool) {
	args := e.arguments(b, c, open)
	var expr strings.Builder
	for _, r := range c.filter.emit {
		if r.of == anything {
			result := r.expr(e, c, args)
			if open {
				result = e.format("$exists($v)?@", result)
			}
			b.bind(e.format("$v"), result)
			return
		}
		expr.WriteString(e.format(`$type($v)="@"?@:`, r.of.typeName(), r.expr(e, c, args)))
	}
	untaken := errorText(string(fault.InvalidTemplate) + ": " + untakenValue(c.name(), c.filter))
	expr.WriteString(e.format(`$v!=null?$error(@&$type($v)`, untaken))
	if e.pointer != "" {
		expr.WriteString("&" + errorText(inField(e.pointer)))
	}
	expr.WriteString(e.format("):$v"))
	b.bind(e.format("$v"), expr.String())
	if c.filter.finds && !open {
		e.require(b, c.name())
	}
}

// arguments gives literals, and sets a variable for every path. As in Render,
// arguments count only where there is a value to use them on, and a missing
// argument makes the result missing.
func (e *emission) arguments(b *block, c *call, open bool) []string {
	args := make([]string, len(c.args))
	for i := range c.args {
		arg := &c.args[i]
		if arg.ref < 0 {
			args[i] = literalJSONata(arg.value)
			continue
		}
		variable, p, absent := e.format([maxArguments]string{"$a", "$b"}[i]), c.filter.params[i], ""
		if !open {
			absent = ":" + e.raise(fault.MissingValue, missingValue(arg.path.String()))
		}
		found := e.found(arg.path, arg.ref)
		b.bind(e.format("$v"), "")
		b.statements = append(b.statements, e.format("@:=$v!=null?@", variable, found.String()))
		b.result = e.format("$v!=null?($exists(@)?(@?$v:@)@):$v", variable, p.takes.test(variable),
			e.raise(fault.InvalidTemplate, untakenArgument(c.name(), c.filter, p)), absent)
		args[i] = variable
	}
	return args
}

// textOf gives the text form of a value. The name is what a message calls it.
func (e *emission) textOf(v, name string) string {
	e.texts = true
	return e.format("$t(@,@)", v, errorText(name))
}

// textFunction is the function behind textOf. JSONata prints 15 digits, which is
// harmless for a fraction, but would quietly make another whole number of an id.
func (e *emission) textFunction() string {
	raise := func(code fault.Code, message string) string {
		return e.format("$error(@&$p&@)", errorText(string(code)+": "), errorText(message+inField(e.pointer)))
	}
	return e.format(`function($v,$p){$exists($v)?($v=null?"":$type($v)="number" and $v%1=0 and $number($string($v))!=$v?@:$string($v)):@}`,
		raise(fault.InvalidTemplate, refusal("", complaintDigits)), raise(fault.MissingValue, missingValue("")))
}
