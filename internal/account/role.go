package account

import "slices"

// Role is how much a caller may do within an account. Each role may do all that the
// ones before it may.
type Role string

// The roles. The zero value may do nothing.
const (
	Viewer   Role = "viewer"   // sees everything but the audit and who has access
	Operator Role = "operator" // runs, stops and approves
	Editor   Role = "editor"   // draws and publishes workflows, connects services
	Admin    Role = "admin"    // says who has access, and sees what was done
	Owner    Role = "owner"    // has the account: an account has always one
)

// Roles lists them, the smallest first.
func Roles() []Role { return []Role{Viewer, Operator, Editor, Admin, Owner} }

// Known says whether there is such a role.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// Includes says whether the role may do what another one may. What is no role
// includes nothing and is included in nothing.
func (r Role) Includes(other Role) bool {
	roles := Roles()
	mine, theirs := slices.Index(roles, r), slices.Index(roles, other)
	return theirs >= 0 && mine >= theirs
}
