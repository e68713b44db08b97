// Package reach finds out what a program may call, from its source: which operations
// of AWS, which settings it reads, which resources of the API it mounts. A policy can
// then be held to the code both ways.
//
// It is a reachability analysis over SSA form (rapid type analysis). From main and the
// packages' initialization it follows every function that is called or named, and at a
// call through an interface every method of that name on the types that have been made
// an interface so far. So it finds too much rather than too little: a call behind a
// condition that never holds counts. What is not seen is a call by reflection; the
// services do none.
//
// Only this module is read from source. Code of others has no body here: a function
// that is handed to it is taken to be called, and of a value that is handed to it as
// one of its interfaces, all methods of that interface.
package reach

import (
	"errors"
	"fmt"
	"go/constant"
	"go/types"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// Programs are the module's packages, ready to be asked about.
type Programs struct {
	module string
	ssa    *ssa.Program
	byPath map[string]*ssa.Package
}

// Load reads the packages that match patterns, seen from dir, and so much of others as
// the compiler does. Every package of the module that matters has to match.
func Load(dir, module string, patterns ...string) (*Programs, error) {
	// As the functions are built. Under the race detector, which takes cgo, the compiler would
	// otherwise go over all that the packages stand on once more.
	environment := append(os.Environ(), "CGO_ENABLED=0")
	found, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax | packages.NeedModule, Dir: dir, Env: environment}, patterns...)
	if err != nil {
		return nil, fmt.Errorf("loading packages: %w", err)
	}
	var problems []error
	packages.Visit(found, nil, func(p *packages.Package) {
		for _, problem := range p.Errors {
			problems = append(problems, problem)
		}
	})
	if len(problems) > 0 {
		return nil, fmt.Errorf("loading packages: %w", errors.Join(problems...))
	}
	program, built := ssautil.Packages(found, ssa.InstantiateGenerics)
	program.Build()
	p := &Programs{module: module, ssa: program, byPath: map[string]*ssa.Package{}}
	for _, pkg := range built {
		if pkg != nil {
			p.byPath[pkg.Pkg.Path()] = pkg
		}
	}
	return p, nil
}

// Reached is what a program may do.
type Reached struct {
	// Functions are those of other modules that it may call, as
	// "(*github.com/aws/aws-sdk-go-v2/service/kms.Client).Decrypt", and all of its own.
	Functions map[string]bool
	// Fields are those of structs that it names, as
	// "github.com/aws/aws-sdk-go-v2/service/dynamodb/types.TransactWriteItem.Put".
	Fields map[string]bool
	// Texts are the constant texts that functions are called with, by function.
	Texts map[string][]string
}

// From follows a main package.
func (p *Programs) From(path string) (Reached, error) {
	pkg := p.byPath[path]
	if pkg == nil || pkg.Func("main") == nil {
		return Reached{}, fmt.Errorf("following %s: it has no main", path)
	}
	w := walk{
		Programs: p, seen: map[*ssa.Function]bool{}, isMade: map[types.Type]bool{}, invoked: map[string]invoked{},
		Reached: Reached{Functions: map[string]bool{}, Fields: map[string]bool{}, Texts: map[string][]string{}},
	}
	w.add(pkg.Func("init"))
	w.add(pkg.Func("main"))
	for len(w.todo) > 0 {
		f := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		w.follow(f)
	}
	return w.Reached, nil
}

// walk is an analysis under way.
type walk struct {
	*Programs
	Reached
	seen    map[*ssa.Function]bool
	todo    []*ssa.Function
	made    []types.Type // made an interface
	isMade  map[types.Type]bool
	invoked map[string]invoked
}

// invoked is a method that is called through an interface.
type invoked struct {
	of     *types.Interface
	method *types.Func
}

func (w *walk) add(f *ssa.Function) {
	if f == nil || w.seen[f] {
		return
	}
	w.seen[f] = true
	w.Functions[f.String()] = true
	w.todo = append(w.todo, f)
}

func (w *walk) follow(f *ssa.Function) {
	for _, block := range f.Blocks {
		for _, instruction := range block.Instrs {
			for _, operand := range instruction.Operands(nil) {
				if named, ok := (*operand).(*ssa.Function); ok {
					w.add(named)
				}
			}
			switch i := instruction.(type) {
			case *ssa.MakeInterface:
				w.make(i.X.Type(), i.Type())
			case *ssa.ChangeInterface:
				w.handOver(i.Type())
			case *ssa.FieldAddr:
				w.field(i)
			case ssa.CallInstruction:
				w.call(i.Common())
			}
		}
	}
}

func (w *walk) call(c *ssa.CallCommon) {
	if c.IsInvoke() {
		w.invoke(c.Value.Type(), c.Method)
		return
	}
	callee := c.StaticCallee()
	if callee == nil {
		return
	}
	for _, argument := range c.Args {
		if text, ok := constantText(argument); ok && !slices.Contains(w.Texts[callee.String()], text) {
			w.Texts[callee.String()] = append(w.Texts[callee.String()], text)
		}
	}
}

// invoke takes the method to be called on every type that is this interface by now,
// or will be.
func (w *walk) invoke(i types.Type, m *types.Func) {
	key := types.TypeString(i, nil) + "." + m.Name()
	if _, known := w.invoked[key]; known {
		return
	}
	c := invoked{i.Underlying().(*types.Interface), m}
	w.invoked[key] = c
	for _, t := range w.made {
		w.method(t, c)
	}
}

func (w *walk) make(t, as types.Type) {
	w.handOver(as)
	if w.isMade[t] {
		return
	}
	w.isMade[t] = true
	w.made = append(w.made, t)
	for _, c := range w.invoked {
		w.method(t, c)
	}
}

// handOver takes all methods of an interface of others to be called.
func (w *walk) handOver(as types.Type) {
	named, ok := types.Unalias(as).(*types.Named)
	if ok && w.ours(named.Obj().Pkg()) {
		return
	}
	i, ok := as.Underlying().(*types.Interface)
	for n := 0; ok && n < i.NumMethods(); n++ {
		w.invoke(as, i.Method(n))
	}
}

func (w *walk) ours(pkg *types.Package) bool {
	return pkg != nil && (pkg.Path() == w.module || strings.HasPrefix(pkg.Path(), w.module+"/"))
}

// method adds a type's method, if the type is one of the interface.
func (w *walk) method(t types.Type, c invoked) {
	if types.IsInterface(t) || !types.Implements(t, c.of) {
		return
	}
	if selection := w.ssa.MethodSets.MethodSet(t).Lookup(c.method.Pkg(), c.method.Name()); selection != nil {
		w.add(w.ssa.MethodValue(selection))
	}
}

func (w *walk) field(i *ssa.FieldAddr) {
	pointer, ok := i.X.Type().Underlying().(*types.Pointer)
	if !ok {
		return
	}
	named, ok := types.Unalias(pointer.Elem()).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return
	}
	fields, ok := named.Underlying().(*types.Struct)
	if ok {
		w.Fields[named.Obj().Pkg().Path()+"."+named.Obj().Name()+"."+fields.Field(i.Field).Name()] = true
	}
}

// constantText gives the text of a value that is a constant one.
func constantText(v ssa.Value) (string, bool) {
	c, ok := v.(*ssa.Const)
	if !ok || c.Value == nil || c.Value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(c.Value), true
}
